import type { Action } from '@tieline/protocol';
import { eveningPeak, VirtualRun } from '@tieline/simulator';
import { afterEach, expect, test } from 'vitest';

const SITE = 'harbour';
/** From control plane to broker to agent, ms. */
const ON_THE_WAY_MS = 10;
const EIGHT_KW: Action = {
  type: 'setpoint',
  asset: 'battery',
  activePowerKw: 8,
  rampKwPerS: 40,
  rampOutKwPerS: 40,
  startWithinMs: 0,
  validForMs: 60_000,
  revert: { to: 'local' },
  priority: 1,
};

const runs: VirtualRun[] = [];
afterEach(async () => {
  for (const run of runs.splice(0)) await run.stop();
});

/** A deployment at rest in the morning, a third of a second after a cycle. */
async function betweenTwoCycles(): Promise<VirtualRun> {
  const startMs = Date.UTC(2026, 2, 3, 9);
  const run = new VirtualRun({ simulated: eveningPeak(), seed: 3, startMs, control: true });
  runs.push(run);
  await run.advance(60_300);
  return run;
}

/** Every reading of a controllable device counts its controller's heartbeat up. */
const cyclesOf = (run: VirtualRun): number =>
  run.devices.get(SITE)?.models.find((model) => model.controllable)?.controllerHeartbeat ?? 0;

test('an accepted command begins at once, not with the next cycle', async () => {
  const run = await betweenTwoCycles();
  const { id } = run.control!.plan(SITE, [EIGHT_KW], 'begin now');
  await run.advance(4 * ON_THE_WAY_MS);
  expect(run.control!.command(id).ladder.map((rung) => rung.state)).toEqual(['accepted', 'active']);
});

test('a cycle out of turn adds no sample to the telemetry, whose samples are a second apart', async () => {
  const run = await betweenTwoCycles();
  const before = cyclesOf(run);
  run.control!.plan(SITE, [EIGHT_KW], 'begin now');
  await run.advance(30_000);
  expect(cyclesOf(run) - before).toBe(31);
  const query = { site: SITE, asset: 'battery', quantity: 'active-power-kw' } as const;
  const fromMs = Date.UTC(2026, 2, 3, 9, 1);
  const { points } = run.control!.telemetry({ ...query, fromMs, toMs: fromMs + 20_000 }, 100);
  expect(points.map(({ atMs, count }) => [atMs - fromMs, count])).toEqual(
    Array.from({ length: 20 }, (_, second) => [second * 1_000, 1]),
  );
});

test('a broker that acknowledges nothing holds up no cycle, and the receipts come later', async () => {
  const run = await betweenTwoCycles();
  const { id } = run.control!.plan(SITE, [EIGHT_KW], 'and the link goes');
  await run.advance(ON_THE_WAY_MS);
  run.network.cut(SITE);
  const before = cyclesOf(run);
  await run.advance(15_000);
  expect(cyclesOf(run) - before).toBe(15);
  expect(run.control!.command(id).ladder).toEqual([]);
  run.network.restore(SITE);
  await run.advance(30_000);
  expect(run.control!.command(id).ladder.map((rung) => rung.state)).toContain('accepted');
});
