import { setTimeout as sleep } from 'node:timers/promises';
import { type AuditKeys, auditKeysOf } from '@tieline/audit';
import { agentGrants, type Broker, GRANT_ALL, startBroker } from '@tieline/bus';
import { seededRng, silentLogger } from '@tieline/kernel';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { expectPromisesKept, type Found } from './checks.ts';
import { CONTROL_TOKEN, Dispatcher } from './dispatcher.ts';
import { AGENT_TOKEN, chaosDeployment, Gateway, SITE } from './gateway.ts';
import { until } from './until.ts';

/** `npm run chaos` asks for a hundred. */
const KILLS = Number(process.env['TIELINE_CHAOS_KILLS'] ?? 8);
const SEED = Number(process.env['TIELINE_CHAOS_SEED'] ?? 1);
/** A start, a life and the look at what is left, on a machine that has other things to do. */
const ROUND_MS = 20_000;

let broker: Broker;
let gateway: Gateway;
let control: Dispatcher;
let keys: AuditKeys;

beforeEach(async () => {
  const { simulated, provisioned } = chaosDeployment();
  broker = await startBroker({
    ...{ host: '127.0.0.1', port: 0, logger: silentLogger },
    clients: [
      { clientId: SITE, token: AGENT_TOKEN, grants: agentGrants(simulated.deployment, SITE) },
      { clientId: 'dispatcher', token: CONTROL_TOKEN, grants: GRANT_ALL },
    ],
  });
  keys = auditKeysOf(provisioned.trust);
  gateway = await Gateway.build(simulated, provisioned, broker.url);
  control = new Dispatcher(provisioned, broker.url, seededRng(SEED).stream('dispatcher'));
  control.start();
});
afterEach(async () => {
  await control.stop();
  await gateway.close();
  await broker.close();
});

/** Lets the agent live for a random while: every fifth time it does not even get to its birth. */
async function live(random: { below(max: number): number }): Promise<void> {
  gateway.start();
  const { births } = control;
  if (random.below(5) === 0) {
    await sleep(random.below(1_200));
    return;
  }
  await until('a birth', () => control.births > births, gateway);
  await sleep(random.below(2_500));
}

test(
  `kill -9 at ${KILLS} random moments under load: nothing lost, nothing twice, nothing left standing`,
  async () => {
    console.log(`seed ${SEED}`);
    const random = seededRng(SEED).stream('kills');
    let before: Found | null = null;
    control.load();
    for (let kill = 0; kill < KILLS; kill += 1) {
      await live(random);
      expect(gateway.fault()).toBeNull();
      expect(await gateway.end('SIGKILL')).toBe('SIGKILL');
      const disk = gateway.disk();
      if (disk === null) continue;
      const found = expectPromisesKept(disk.log, control, keys);
      disk.db.close();
      expect(found.records).toBeGreaterThanOrEqual(before?.records ?? 0);
      before = found;
    }
    control.unload();
    gateway.start();
    const { births } = control;
    await until('a birth', () => control.births > births, gateway);
    // All is over: every command has had its last word, which was told, and the battery rests.
    await until('everything told', () => control.isToldAll(), gateway, 40_000);
    await until('a battery at rest', () => (gateway.battery.askedKw() ?? 0) === 0, gateway);
    expect(await gateway.end('SIGTERM')).toBe(0);

    const disk = gateway.disk();
    expect(disk).not.toBeNull();
    if (disk === null) return;
    const found = expectPromisesKept(disk.log, control, keys);
    disk.db.close();
    expect(found.open).toEqual([]);
    expect(found.acceptances).toBe(found.commands);
    expect(found.commands).toBeGreaterThanOrEqual(KILLS);
    const counters = [...control.receipts.keys()];
    const { orders, births: heard } = control;
    const told = Object.groupBy(control.receipts.values(), ({ status }) => status.state);
    const rungs = Object.entries(told).map(([state, receipts]) => `${state} ${receipts?.length}`);
    console.log(
      `kills ${KILLS}, births heard ${heard}, offered ${orders.size}, accepted ${found.commands}, ` +
        `accepted twice ${found.acceptances - found.commands}, records ${found.records}, ` +
        `receipts ${counters.length} (${rungs.join(', ')}), decisions replayed ${found.cycles}`,
    );
  },
  KILLS * ROUND_MS + 90_000,
);
