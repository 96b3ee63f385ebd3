import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type BusMessage, type MessageBus, mqttBus } from '@tieline/bus';
import { messageOf, silentLogger, systemClock, systemRng } from '@tieline/kernel';
import { serviceKeyFile, signTrust, topicFilters } from '@tieline/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { exitCodeOf } from './adapters/process/exit-code.ts';
import { startProcess } from './adapters/process/run.ts';
import { AgentDouble } from './testing/agent-double.ts';
import {
  controlKeys,
  root,
  SITES,
  seeds,
  signedOrder,
  signedPolicy,
  trustBytes,
  trustDocument,
} from './testing/deployment.ts';
import { PLACES } from './testing/world.ts';

const MAIN = new URL('./main.ts', import.meta.url).pathname;
const Dispatched = z.object({ commands: z.array(z.object({ id: z.string() })) });
const AGENT_TOKEN = 'agent-token-'.padEnd(40, '1');
let dir: string;
let children: ChildProcess[];
let buses: MessageBus[];

beforeEach(() => {
  children = [];
  buses = [];
  dir = mkdtempSync(join(tmpdir(), 'tieline-control-'));
  for (const [role, { principal }] of Object.entries(controlKeys)) {
    write(`${role}.key`, serviceKeyFile(principal, seeds.get(principal)!), 0o600);
  }
  write('trust.cose', trustBytes);
  write('policy.cose', signedPolicy(1));
  const clients = SITES.map((site) => ({ site, token: AGENT_TOKEN }));
  write('clients.json', JSON.stringify({ clients }), 0o600);
});
afterEach(async () => {
  for (const bus of buses) await bus.stop();
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(dir, { recursive: true });
});

function write(name: string, content: string | Uint8Array, mode = 0o644): void {
  writeFileSync(join(dir, name), content, { mode });
}

function configured(change: object = {}): string {
  const config = {
    deployment: 'test',
    trustFile: 'trust.cose',
    keys: {
      dispatch: 'dispatch.key',
      director: 'director.key',
      time: 'time.key',
      witness: 'witness.key',
      freshness: 'freshness.key',
    },
    dataDir: 'data',
    http: { host: '127.0.0.1', port: 0 },
    broker: { embedded: { host: '127.0.0.1', port: 0, clientsFile: 'clients.json' } },
    feeder: { embedded: 'baran-wu-33' },
    sites: PLACES,
    policyFile: 'policy.cose',
    logLevel: 'silent',
    ...change,
  };
  write('control.json', JSON.stringify(config));
  return join(dir, 'control.json');
}

function start(args: readonly string[]): { child: ChildProcess; lines: AsyncIterator<string> } {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  return { child, lines: createInterface(child.stdout!)[Symbol.asyncIterator]() };
}

async function ready(): Promise<{ child: ChildProcess; http: string; broker: string }> {
  const { child, lines } = start(['--config', configured()]);
  const said = JSON.parse((await lines.next()).value);
  expect(said.ready).toBe(true);
  return { child, http: said.http, broker: said.broker };
}

/** What the process would end with, and say, without the cost of a process. */
async function refused(change: object = {}): Promise<{ code: number; said: string }> {
  const thrown = await startProcess(configured(change)).then(
    (running) => running.stop(),
    (failed: unknown) => failed,
  );
  return { code: exitCodeOf(thrown), said: messageOf(thrown) };
}

/** Exit code of a real process, and what it said on standard error. */
async function ended(args: readonly string[]): Promise<{ code: number; said: string }> {
  const { child } = start(args);
  let said = '';
  child.stderr!.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, said };
}

async function connected(
  broker: string,
): Promise<{ agent: AgentDouble; next: () => Promise<BusMessage> }> {
  const bus = mqttBus({
    ...{ url: broker, clientId: 'site-1', token: AGENT_TOKEN },
    ...{ rng: systemRng(), logger: silentLogger },
  });
  buses.push(bus);
  const commands: BusMessage[] = [];
  let arrived = (): void => {};
  await new Promise<void>((up) => {
    bus.start({
      subscriptions: topicFilters('test', 'site-1', 'to-agent'),
      onMessage(message) {
        if (!message.topic.endsWith('/command')) return;
        commands.push(message);
        arrived();
      },
      onUp: up,
      onDown: () => {},
    });
  });
  const agent = new AgentDouble('site-1', systemClock(), ({ topic, payload }) => {
    void bus.publish({ topic, payload, qos: 1 });
  });
  const next = async (): Promise<BusMessage> => {
    while (commands.length === 0) await new Promise<void>((resolve) => (arrived = resolve));
    return commands.shift()!;
  };
  return { agent, next };
}

test('the process serves orders to an agent over MQTT; killed and started again it has lost nothing', async () => {
  const first = await ready();
  const token = readFileSync(join(dir, 'data', 'api-token'), 'utf8').trim();
  expect(statSync(join(dir, 'data', 'api-token')).mode & 0o777).toBe(0o600);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const one = await connected(first.broker);
  one.agent.boots();
  const nowS = Math.floor(Date.now() / 1_000);
  const bytes = signedOrder(1, { nbf: nowS - 5, exp: nowS + 600 });
  const body = JSON.stringify({ order: Buffer.from(bytes).toString('base64') });
  const taken = await fetch(`${first.http}/v1/orders`, { method: 'POST', headers, body });
  expect(taken.status).toBe(202);
  const { commands } = Dispatched.parse(await taken.json());
  expect(one.agent.hears(await one.next()).outcome).toBe('new');

  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  const second = await ready();
  const health = await fetch(`${second.http}/v1/health`);
  expect(await health.json()).toMatchObject({ epoch: 2, deployment: 'test' });
  const two = await connected(second.broker);
  two.agent.boot = 1;
  two.agent.boots();
  const outcome = two.agent.hears(await two.next());
  expect(Buffer.from(outcome.offer.commandId).toString('hex')).toBe(commands[0]?.id);

  const blocked = await ended(['--config', join(dir, 'control.json')]);
  expect(blocked).toMatchObject({ code: 1, said: expect.stringContaining('data_dir_in_use') });
  second.child.kill('SIGTERM');
  expect((await once(second.child, 'exit'))[0]).toBe(0);
});

test('a wrong configuration ends with 2 and says the place', async () => {
  expect(await ended([])).toMatchObject({ code: 2, said: expect.stringContaining('usage') });
  expect(await refused({ colour: 'red' })).toMatchObject({
    code: 2,
    said: expect.stringContaining('colour'),
  });
  expect(await refused({ http: { host: '0.0.0.0', port: 0 } })).toMatchObject({
    code: 2,
    said: expect.stringContaining('without TLS'),
  });
  expect(await refused({ sites: [{ site: 'site-1', bus: '99' }] })).toMatchObject({
    code: 2,
    said: expect.stringContaining('feeder_bus_unknown'),
  });
  chmodSync(join(dir, 'dispatch.key'), 0o644);
  expect(await refused({})).toMatchObject({
    code: 2,
    said: expect.stringContaining('has mode 0644'),
  });
});

test('a simulated clock is refused in a real world, and so is a trust document of another deployment', async () => {
  const clock = { rate: 30, realOriginMs: 0, simulatedOriginMs: 0 };
  write('trust.cose', signTrust({ ...trustDocument, world: 'real' }, [root]));
  expect(await refused({ clock })).toMatchObject({
    code: 2,
    said: expect.stringContaining('real'),
  });
  expect(await refused({ deployment: 'other' })).toMatchObject({
    code: 2,
    said: expect.stringContaining('deployment_differs'),
  });
});

test('an access token that was cut short is refused, not used', async () => {
  mkdirSync(join(dir, 'data'));
  write('data/api-token', '', 0o600);
  expect(await refused()).toMatchObject({ code: 2, said: expect.stringContaining('api-token') });
});

test('a key that may not act in its role, and a damaged trust document, end with 4', async () => {
  const { principal } = controlKeys.time;
  write('dispatch.key', serviceKeyFile(principal, seeds.get(principal)!), 0o600);
  const swapped = await refused();
  expect(swapped).toMatchObject({ code: 4, said: expect.stringContaining('role_missing') });
  const damaged = trustBytes.slice();
  damaged[damaged.length - 1]! ^= 1;
  write('trust.cose', damaged);
  const forged = await refused();
  expect(forged).toMatchObject({ code: 4, said: expect.stringContaining('trust_signature_wrong') });
});
