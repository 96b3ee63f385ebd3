import { seededRng } from '@tieline/kernel';
import type { Action } from '@tieline/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { eveningPeak } from '../deployment/evening-peak.ts';
import { signOrder } from '../deployment/sign-order.ts';
import { simulatedSite } from '../deployment/simulated-site.ts';
import { VirtualRun } from './virtual-run.ts';

const SITE = 'harbour';
const EVENING_MS = Date.UTC(2026, 2, 3, 18);

/** A whole deployment, a minute after its start: linked, with a policy and a running model. */
async function assembled(seed = 11): Promise<VirtualRun> {
  const simulated = eveningPeak();
  const run = new VirtualRun({ simulated, seed, startMs: EVENING_MS, control: true });
  onTestFinished(() => run.stop());
  await run.advance(60_000);
  return run;
}

function setpoint(activePowerKw: number, validForMs: number): Action {
  return {
    type: 'setpoint',
    asset: 'battery',
    activePowerKw,
    rampKwPerS: 40,
    rampOutKwPerS: 40,
    startWithinMs: 0,
    validForMs,
    revert: { to: 'value', activePowerKw: 0 },
    priority: 0,
  };
}

let orders = 0;
function order(run: VirtualRun, actions: readonly Action[], site = SITE): string {
  orders += 1;
  const { trust, operator } = run.provisioned;
  const signed = signOrder({
    id: seededRng(orders).stream('order').bytes(16),
    site,
    actions,
    reason: 'a test of a promise',
    anchor: trust.anchor,
    key: operator,
    nowS: Math.floor(run.world.wallMs() / 1_000),
  });
  const { commands } = run.control!.submitOrder(signed);
  return commands[0]!.id;
}

const batteryKw = (run: VirtualRun, site = SITE): number => run.plant.sites.get(site)!.batteryKw;
const ladder = (run: VirtualRun, id: string): string[] =>
  run
    .control!.command(id)
    .ladder.map(({ state, facts }) =>
      state === 'confirmed' ? `confirmed(${String(facts['by'])})` : state,
    );
const device = (run: VirtualRun, asset: string, site = SITE) =>
  run.devices.get(site)!.models.find((model) => model.ratings.asset === asset)!;
const recordsOf = (run: VirtualRun): number => run.control!.agent(SITE).reported?.audit.size ?? 0;

test('an order is confirmed by measurement, completes and reverts', async () => {
  const run = await assembled();
  const id = order(run, [setpoint(100, 60_000)]);
  await run.advance(30_000);
  expect(batteryKw(run)).toBeCloseTo(100, 0);
  await run.advance(60_000);
  expect(batteryKw(run)).toBe(0);
  expect(ladder(run, id)).toEqual([
    'accepted',
    'active',
    'confirmed(device)',
    'confirmed(meter)',
    'completed',
    'reverted',
  ]);
});

test('cut off from the control plane, an agent follows its setpoint until it ends, then reverts', async () => {
  const run = await assembled();
  order(run, [setpoint(100, 120_000)]);
  await run.advance(20_000);
  run.network.cut(SITE);
  await run.advance(85_000);
  expect(batteryKw(run)).toBeCloseTo(100, 0);
  await run.advance(25_000);
  expect(batteryKw(run)).toBe(0);
});

test('what happened while cut off is proven when the link returns: nothing lost, the ladder complete', async () => {
  const run = await assembled();
  const id = order(run, [setpoint(100, 60_000)]);
  await run.advance(10_000);
  run.network.cut(SITE);
  await run.advance(5 * 60_000);
  expect(run.control!.agent(SITE).link).toBe('lost');
  run.network.restore(SITE);
  await run.advance(3 * 60_000);
  const { link, reported, auditReceipted } = run.control!.agent(SITE);
  expect(link).toBe('present');
  expect(auditReceipted).toBeGreaterThanOrEqual(reported!.audit.size);
  expect(ladder(run, id)).toContain('reverted');
});

test('an agent that dies mid-setpoint leaves a device that falls back by itself', async () => {
  const run = await assembled();
  order(run, [setpoint(100, 3_600_000)]);
  await run.advance(20_000);
  expect(batteryKw(run)).toBeCloseTo(100, 0);
  await run.kill(SITE);
  await run.advance(70_000);
  expect(batteryKw(run)).toBe(0);
});

test('a silent device costs its own deadline and nothing else: the others are served, the receipt says so', async () => {
  const run = await assembled();
  device(run, 'battery').fault = 'silent';
  const before = recordsOf(run);
  const id = order(run, [setpoint(100, 120_000)]);
  await run.advance(60_000);
  expect(ladder(run, id)).toContain('failed');
  expect(ladder(run, id)).not.toContain('confirmed(device)');
  expect(recordsOf(run)).toBeGreaterThan(before);
  expect(run.control!.agent(SITE).link).toBe('present');
});

test('a device that keeps another setpoint is never called confirmed', async () => {
  const run = await assembled();
  device(run, 'battery').fault = 'other-setpoint';
  const id = order(run, [setpoint(100, 120_000)]);
  await run.advance(60_000);
  expect(ladder(run, id)).toContain('failed');
  expect(ladder(run, id).some((state) => state.startsWith('confirmed'))).toBe(false);
});

test('a device switched to local is left alone, and its command does not resume', async () => {
  const run = await assembled();
  const id = order(run, [setpoint(100, 600_000)]);
  await run.advance(20_000);
  device(run, 'battery').setLocal(true);
  await run.advance(20_000);
  expect(ladder(run, id).at(-1)).toBe('overridden');
  expect(batteryKw(run)).toBe(0);
  device(run, 'battery').setLocal(false);
  await run.advance(60_000);
  expect(batteryKw(run)).not.toBeCloseTo(100, 0);
});

test('an order beyond the limit of the policy is refused, and nothing moves', async () => {
  const run = await assembled();
  const before = batteryKw(run);
  const submit = () => order(run, [setpoint(239, 60_000)]);
  expect(submit).toThrow(/beyond_policy_limit|limit/);
  await run.advance(1_000);
  expect(Math.abs(batteryKw(run) - before)).toBeLessThan(20);
});

test('a control plane that ended without a word knows its orders again, and begins a new epoch', async () => {
  const run = await assembled();
  const { epoch } = run.control!;
  const id = order(run, [setpoint(100, 60_000)]);
  await run.advance(10_000);
  const before = ladder(run, id);
  await run.killControl();
  expect(run.control).toBeNull();
  run.startControl();
  expect(run.control!.epoch).toBe(epoch + 1);
  expect(ladder(run, id)).toEqual(before);
  await run.advance(120_000);
  expect(ladder(run, id)).toEqual([...before, 'completed', 'reverted']);
  expect(run.control!.policy()?.policy.version).toBe(1);
});

test('a wall clock that jumps does not move the end of a setpoint', async () => {
  const run = await assembled();
  order(run, [setpoint(100, 60_000)]);
  await run.advance(10_000);
  run.setClock(SITE, 86_400_000);
  await run.advance(35_000);
  expect(batteryKw(run)).toBeCloseTo(100, 0);
  await run.advance(25_000);
  expect(batteryKw(run)).toBe(0);
});

test('with no battery to move, the agent changes nothing at all', async () => {
  const simulated = eveningPeak();
  const sites = simulated.sites.map(({ plant, policy }) =>
    simulatedSite({
      ...{ site: plant.site, bus: plant.bus, loadPeakKw: plant.peakLoadKw },
      ...{ pvPeakKw: plant.pvPeakKw, policy: {} },
      quarterHourImportMaxKw: policy.quarterHourImportMaxKw,
    }),
  );
  const runs: VirtualRun[] = [];
  for (const control of [true, false]) {
    const options = { simulated: { ...simulated, sites }, seed: 5, startMs: EVENING_MS, control };
    const run = new VirtualRun(options);
    await run.advance(15 * 60_000 + 2_000);
    await run.stop();
    runs.push(run);
  }
  const [own, idle] = runs.map(({ trace }) => trace);
  expect(own!.peakImportKw).toBeGreaterThan(0);
  expect(own!.peakImportKw).toBe(idle!.peakImportKw);
  expect(own!.digest()).toBe(idle!.digest());
});
