import { setTimeout as sleep } from 'node:timers/promises';
import { agentGrants, type Broker, controlPlaneGrants, startBroker } from '@tieline/bus';
import { type RandomStream, seededRng, silentLogger } from '@tieline/kernel';
import { KINDS, type Setpoint, sealDocument } from '@tieline/protocol';
import type { Provisioned } from '@tieline/simulator';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { CommandAnswer, ControlProcess } from './control-process.ts';
import { AGENT_TOKEN, chaosDeployment, Gateway, SITE } from './gateway.ts';
import { until } from './until.ts';

/** `npm run chaos` asks for a hundred of the agent's; of these a fifth of that. */
const KILLS = Math.ceil(Number(process.env['TIELINE_CHAOS_KILLS'] ?? 8) / 5) + 1;
const SEED = Number(process.env['TIELINE_CHAOS_SEED'] ?? 1);
const ROUND_MS = 20_000;
const CONTROL = { clientId: 'control', token: 'chaos-control-plane-'.padEnd(40, 'c') };

const Taken = z.object({ commands: z.array(CommandAnswer) });
const Agent = z.object({
  link: z.string(),
  reported: z.object({ clock: z.string(), policy: z.number() }).nullable(),
});

let broker: Broker;
let gateway: Gateway;
let control: ControlProcess;
let provisioned: Provisioned;
let random: RandomStream;

beforeEach(async () => {
  const deployment = chaosDeployment();
  provisioned = deployment.provisioned;
  const { simulated } = deployment;
  random = seededRng(SEED).stream('control-kills');
  // A broker of its own: it stands while the control plane falls, and acknowledges what nobody then hears.
  broker = await startBroker({
    ...{ host: '127.0.0.1', port: 0, logger: silentLogger },
    clients: [
      { clientId: SITE, token: AGENT_TOKEN, grants: agentGrants(simulated.deployment, SITE) },
      { ...CONTROL, grants: controlPlaneGrants(simulated.deployment) },
    ],
  });
  gateway = await Gateway.build(simulated, provisioned, broker.url);
  control = new ControlProcess(simulated, provisioned, { url: broker.url, ...CONTROL });
});
afterEach(async () => {
  await control.close();
  await gateway.close();
  await broker.close();
});

function signOrder(): string {
  const setpoint: Setpoint = {
    ...{ type: 'setpoint', asset: 'battery', activePowerKw: 1 + random.below(15), priority: 5 },
    ...{ rampKwPerS: 20, rampOutKwPerS: 20, revert: { to: 'local' } },
    ...{ startWithinMs: 0, validForMs: 300 + random.below(1_000) },
  };
  const nowS = Math.floor(Date.now() / 1_000);
  const order = {
    id: random.bytes(16),
    class: 'routine' as const,
    targets: [{ site: SITE, actions: [setpoint], assumes: {} }],
    reason: 'chaos',
    policyVersionMin: 1,
  };
  const claims = { iat: nowS, nbf: nowS - 60, exp: nowS + 3_600 };
  const { trust, operator } = provisioned;
  const bytes = sealDocument(KINDS.order, order, trust.anchor, [operator], claims);
  return Buffer.from(bytes).toString('base64');
}

/** Orders without a pause until the process dies under them; gives the ids that were acknowledged. */
async function orderUntilKilled(): Promise<string[]> {
  const acknowledged: string[] = [];
  const dead = sleep(random.below(1_500)).then(() => control.end('SIGKILL'));
  for (let alive = true; alive; ) {
    try {
      const { commands } = await control.ask('/v1/orders', Taken, { order: signOrder() });
      acknowledged.push(...commands.map(({ id }) => id));
    } catch (refused) {
      // Dead, or 64 are waiting already: those are refused openly, and nobody counts on them.
      alive = String(refused).includes('too_many_waiting');
    }
    await Promise.race([dead, sleep(40)]);
  }
  await dead;
  return acknowledged;
}

async function agentReady(): Promise<boolean> {
  const { link, reported } = await control.ask(`/v1/agents/${SITE}`, Agent);
  return link === 'present' && reported?.clock === 'trusted' && reported.policy === 1;
}

test(
  `kill -9 of the control plane at ${KILLS} random moments: every acknowledged order is accepted once`,
  async () => {
    await control.start();
    gateway.start();
    const processes = { fault: () => control.fault() ?? gateway.fault() };
    await until('an agent with a clock and a policy', agentReady, processes, 60_000);
    const acknowledged: string[] = [];
    const isAcknowledged = ({ id }: CommandAnswer): boolean => acknowledged.includes(id);
    for (let kill = 0; kill < KILLS; kill += 1) {
      acknowledged.push(...(await orderUntilKilled()));
      await control.start();
      const kept = (await control.commands()).map(({ id }) => id);
      for (const id of acknowledged) expect(kept).toContain(id);
    }
    expect(acknowledged.length).toBeGreaterThan(KILLS);
    const answers = async () => (await control.commands()).filter(isAcknowledged);
    const over = async () => (await answers()).every(({ final }) => final);
    await until('an end of every command', over, processes, 60_000).catch(async (late) => {
      const open = (await answers()).filter(({ final }) => !final);
      throw new Error(`not over: ${JSON.stringify(open)}`, { cause: late });
    });
    const states = Object.groupBy(await answers(), ({ state }) => state);
    expect(Object.keys(states)).toEqual(['reverted']);
    expect(await gateway.end('SIGTERM')).toBe(0);
    const disk = gateway.disk();
    const accepted = [...(disk?.log.records() ?? [])]
      .filter(({ kind }) => kind === 'command_accepted')
      .map(({ subject }) => subject);
    disk?.db.close();
    expect(new Set(accepted).size).toBe(accepted.length);
    for (const id of acknowledged) expect(accepted).toContain(id);
    const told = Object.entries(states).map(([state, commands]) => `${state} ${commands?.length}`);
    console.log(
      `seed ${SEED}, kills ${KILLS}, orders acknowledged ${acknowledged.length} (${told.join(', ')}), ` +
        `accepted ${accepted.length}, accepted twice ${accepted.length - new Set(accepted).size}`,
    );
  },
  KILLS * ROUND_MS + 90_000,
);
