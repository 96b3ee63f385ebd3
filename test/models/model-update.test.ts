import { digestOf } from '@tieline/inference';
import { eveningPeak, signRelease, VirtualRun } from '@tieline/simulator';
import { expect, onTestFinished, test } from 'vitest';
import { constantModel, shippedModel } from './packages.ts';

const SITE = 'harbour';
const EVENING_MS = Date.UTC(2026, 2, 3, 18);
const shipped = digestOf(shippedModel());

async function assembled(): Promise<VirtualRun> {
  const run = new VirtualRun({
    simulated: eveningPeak(),
    seed: 21,
    startMs: EVENING_MS,
    control: true,
  });
  onTestFinished(() => run.stop());
  await run.advance(30_000);
  expect(running(run)).toBe(shipped);
  return run;
}

const running = (run: VirtualRun): string => `sha256:${run.control!.agent(SITE).reported?.model}`;

function push(run: VirtualRun, packed: Uint8Array, version: string): string {
  const { trust, releaseKey } = run.provisioned;
  const nowS = Math.floor(run.world.wallMs() / 1_000);
  const release = signRelease(packed, { name: 'test-model', version }, trust, releaseKey, nowS);
  const { digest } = run.control!.pushModel(packed, release);
  run.control!.directModel(SITE, digest);
  return digestOf(packed);
}

/** Kinds of the site's audit records that speak of models, as the control plane holds them. */
function modelRecords(run: VirtualRun): string[] {
  return [...run.control!.auditOf(SITE).records(SITE)]
    .filter(({ kind }) => kind.startsWith('model_'))
    .map(({ kind, subject }) => `${kind} ${subject.slice(0, 15)}`);
}

/** Cycles that the site's log holds: none may be missing, whatever a model does. */
function cyclesLogged(run: VirtualRun): number {
  return [...run.control!.auditOf(SITE).records(SITE)]
    .filter(({ kind }) => kind === 'control_cycles')
    .reduce((sum, { body }) => sum + (body['cycles'] as unknown[]).length, 0);
}

test('a pushed model is fetched, tested beside the running one, and takes over between two cycles', async () => {
  const run = await assembled();
  const digest = push(run, constantModel({ answer: 0.5 }), '2.0.0');
  await run.advance(30_000);
  expect(running(run)).toBe(digest);
  expect(modelRecords(run)).toEqual([
    `model_activated ${shipped.slice(0, 15)}`,
    `model_activated ${digest.slice(0, 15)}`,
  ]);
});

test('a fetch that a broken link interrupts goes on where it was', async () => {
  const run = await assembled();
  run.network.setQuality(SITE, { delayMs: 400 });
  const digest = push(run, constantModel({ answer: 0.5, width: 6_000 }), '2.1.0');
  await run.advance(2_500);
  expect(running(run)).toBe(shipped);
  run.network.cut(SITE);
  await run.advance(60_000);
  run.network.restore(SITE);
  await run.advance(90_000);
  expect(running(run)).toBe(digest);
});

test('a model that fails its self-test never runs: the running one goes on, and the log says why', async () => {
  const run = await assembled();
  const digest = push(run, constantModel({ answer: 0.5, expected: 0.9 }), '2.2.0');
  await run.advance(60_000);
  expect(running(run)).toBe(shipped);
  expect(modelRecords(run).at(-1)).toBe(`model_rejected ${digest.slice(0, 15)}`);
});

test('a refusal that the disk does not take is put on record when it does, and the next model comes', async () => {
  const run = await assembled();
  const disk = run.disks.get(SITE)!.db;
  const blocks = disk.prepare<[], number>('SELECT count(*) FROM agent_block').pluck();
  const rejected = push(run, constantModel({ answer: 0.5, expected: 0.9 }), '2.2.0');
  while (blocks.get() === 0) await run.advance(100);
  disk.pragma('query_only = 1');
  await run.advance(20_000);
  expect(modelRecords(run).at(-1)).toBe(`model_activated ${shipped.slice(0, 15)}`);
  disk.pragma('query_only = 0');
  await run.advance(30_000);
  expect(modelRecords(run).at(-1)).toBe(`model_rejected ${rejected.slice(0, 15)}`);
  const good = push(run, constantModel({ answer: 0.5 }), '2.3.0');
  await run.advance(30_000);
  expect(running(run)).toBe(good);
});

test('a model whose answers leave their range gives way to the last good one; no cycle is missed', async () => {
  const run = await assembled();
  const digest = push(run, constantModel({ answer: 0, perDaySine: 100 }), '2.3.0');
  await run.advance(30_000);
  await run.advance(5 * 60_000);
  expect(modelRecords(run).slice(-4)).toEqual([
    `model_activated ${digest.slice(0, 15)}`,
    'model_fault ',
    `model_rolled_back ${shipped.slice(0, 15)}`,
    'model_recovered ',
  ]);
  expect(running(run)).toBe(shipped);
  // 360 seconds have passed; the last minute of unchanged cycles may still wait for its record.
  expect(cyclesLogged(run)).toBeGreaterThanOrEqual(300);
});

test('a model that was rolled back is not tried again after a restart, nor when it is wanted anew', async () => {
  const run = await assembled();
  const digest = push(run, constantModel({ answer: 0, perDaySine: 100 }), '2.3.1');
  await run.advance(5 * 60_000);
  expect(modelRecords(run)).toContain(`model_rolled_back ${shipped.slice(0, 15)}`);
  await run.kill(SITE);
  run.start(SITE);
  await run.advance(60_000);
  run.control!.directModel(SITE, null);
  await run.advance(15_000);
  run.control!.directModel(SITE, digest.replace('sha256:', ''));
  await run.advance(60_000);
  expect(modelRecords(run).filter((record) => record.endsWith(digest.slice(0, 15)))).toEqual([
    `model_activated ${digest.slice(0, 15)}`,
  ]);
});

test('a restart begins with the model that ran last', async () => {
  const run = await assembled();
  const digest = push(run, constantModel({ answer: 0.5 }), '2.4.0');
  await run.advance(30_000);
  await run.kill(SITE);
  run.network.cut('control-plane');
  run.start(SITE);
  await run.advance(5_000);
  run.network.restore('control-plane');
  await run.advance(60_000);
  expect(running(run)).toBe(digest);
});

test('directed to run without a model, a site runs by its rule, and a restart keeps to it', async () => {
  const run = await assembled();
  run.control!.directModel(SITE, null);
  await run.advance(15_000);
  expect(run.control!.agent(SITE).reported?.model).toBeNull();
  expect(modelRecords(run).at(-1)).toBe('model_withdrawn ');
  await run.kill(SITE);
  run.network.cut('control-plane');
  run.start(SITE);
  await run.advance(5_000);
  run.network.restore('control-plane');
  await run.advance(30_000);
  expect(run.control!.agent(SITE).reported?.model).toBeNull();
});

test('a model that is wanted no more while it is fetched never runs', async () => {
  const run = await assembled();
  run.network.setQuality(SITE, { delayMs: 400 });
  push(run, constantModel({ answer: 0.5, width: 6_000 }), '2.5.0');
  await run.advance(2_500);
  run.control!.directModel(SITE, shipped.replace('sha256:', ''));
  await run.advance(90_000);
  expect(running(run)).toBe(shipped);
  expect(modelRecords(run)).toEqual([`model_activated ${shipped.slice(0, 15)}`]);
});

test('what was fetched of a model that is wanted no more does not stay on the disk', async () => {
  const run = await assembled();
  run.control!.directModel(SITE, null);
  await run.advance(15_000);
  run.network.setQuality(SITE, { delayMs: 400 });
  push(run, constantModel({ answer: 0.5, width: 6_000 }), '2.5.1');
  await run.advance(2_500);
  const count = run.disks.get(SITE)!.db.prepare<[], number>('SELECT count(*) FROM agent_block');
  expect(count.pluck().get()).toBeGreaterThan(0);
  run.control!.directModel(SITE, null);
  await run.advance(30_000);
  expect(count.get()).toBe(0);
});

test('a restart fetches on what it had begun, beside the last good model', async () => {
  const run = await assembled();
  run.network.setQuality(SITE, { delayMs: 400 });
  const digest = push(run, constantModel({ answer: 0.5, width: 6_000 }), '2.6.0');
  await run.advance(2_500);
  await run.kill(SITE);
  run.start(SITE);
  await run.advance(90_000);
  expect(running(run)).toBe(digest);
  expect(modelRecords(run).slice(-2)).toEqual([
    `model_activated ${shipped.slice(0, 15)}`,
    `model_activated ${digest.slice(0, 15)}`,
  ]);
});

test('a restart controls before it has loaded its model', async () => {
  const run = await assembled();
  await run.kill(SITE);
  run.start(SITE);
  await run.advance(60_000);
  const kinds = [...run.control!.auditOf(SITE).records(SITE)].map(({ kind }) => kind);
  const sinceRestart = kinds.slice(kinds.lastIndexOf('agent_started'));
  expect(sinceRestart).toContain('model_activated');
  expect(sinceRestart.indexOf('control_cycles')).toBeLessThan(
    sinceRestart.indexOf('model_activated'),
  );
});
