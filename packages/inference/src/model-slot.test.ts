import { expect, test } from 'vitest';
import { directInference } from './adapters/direct-inference.ts';
import { ModelError } from './errors.ts';
import type { FeatureSpec } from './manifest.ts';
import { digestOf, unpackModel } from './model-package.ts';
import { ModelSlot } from './model-slot.ts';
import { failingSelfTestModel, nanModel, outOfRangeModel, sampleModel } from './sample-models.ts';

const featuresOf = (packed: Uint8Array): readonly FeatureSpec[] =>
  unpackModel(packed).manifest.input.features;

function slotFor(packed: Uint8Array, failuresMax = 3): ModelSlot {
  return new ModelSlot({ inference: directInference(), features: featuresOf(packed), failuresMax });
}

/** y = √x: good for what these tests feed it. */
const good = nanModel();
/** Good for x = 0.25, out of its range for x = 4. */
const failing = outOfRangeModel();

async function failUntilMax(slot: ModelSlot, failures: number): Promise<void> {
  for (let run = 0; run < failures; run += 1) {
    expect(await slot.infer([4])).toMatchObject({ ok: false, reason: 'out_of_range' });
  }
}

test('a candidate takes over at the boundary and not before', async () => {
  const slot = slotFor(sampleModel());
  expect(await slot.infer([1, 1])).toBeNull();
  const first = await slot.prepare(sampleModel());
  expect(slot.status).toEqual({ running: null, candidate: first, lastGood: null });
  expect(await slot.infer([1, 1])).toBeNull();
  expect(slot.atCycleBoundary()).toEqual({ kind: 'activated', running: first, was: null });
  expect(slot.atCycleBoundary()).toBeNull();

  const second = await slot.prepare(sampleModel(10));
  expect(await slot.infer([1, 1])).toEqual({ ok: true, value: 3 });
  expect(slot.atCycleBoundary()).toEqual({ kind: 'activated', running: second, was: first });
  expect(await slot.infer([1, 1])).toEqual({ ok: true, value: 13 });
  expect(slot.status).toEqual({ running: second, candidate: null, lastGood: first });
  await slot.close();
});

test('a refused package leaves the running model and the waiting candidate as they were', async () => {
  const slot = slotFor(good);
  await slot.prepare(good);
  slot.atCycleBoundary();
  const waiting = await slot.prepare(failing);
  const before = slot.status;
  expect(before.candidate).toBe(waiting);
  await expect(slot.prepare(failingSelfTestModel())).rejects.toThrow(ModelError);
  await expect(slot.prepare(good.subarray(0, 50))).rejects.toThrow(ModelError);
  await expect(slot.prepare(sampleModel())).rejects.toMatchObject({
    failure: { code: 'features_differ', reason: 'this agent feeds x, the model takes a' },
  });
  expect(slot.status).toEqual(before);
  expect(await slot.infer([4])).toEqual({ ok: true, value: 2 });
  await slot.close();
});

test('a model that fails too often in a row gives way to the last good one, and stays away', async () => {
  const slot = slotFor(good);
  await slot.prepare(good);
  slot.atCycleBoundary();
  await slot.prepare(failing);
  slot.atCycleBoundary();

  await failUntilMax(slot, 2);
  expect(await slot.infer([0.25])).toEqual({ ok: true, value: 25 });
  await failUntilMax(slot, 2);
  expect(slot.atCycleBoundary()).toBeNull();
  await failUntilMax(slot, 1);
  expect(slot.atCycleBoundary()).toEqual({
    kind: 'rolled_back',
    running: digestOf(good),
    was: digestOf(failing),
    lastFault: 'out_of_range: output is 400, outside -50 to 50',
  });
  expect(await slot.infer([4])).toEqual({ ok: true, value: 2 });
  await expect(slot.prepare(failing)).rejects.toMatchObject({
    failure: { code: 'rolled_back_before' },
  });
  expect(slot.status).toEqual({ running: digestOf(good), candidate: null, lastGood: null });
  await slot.close();
});

test('implausible input accuses no model', async () => {
  const slot = slotFor(good, 1);
  await slot.prepare(good);
  slot.atCycleBoundary();
  await slot.prepare(failing);
  slot.atCycleBoundary();
  for (let run = 0; run < 5; run += 1) {
    expect(await slot.infer([Number.NaN])).toMatchObject({ reason: 'input_implausible' });
  }
  expect(slot.atCycleBoundary()).toBeNull();
  await slot.close();
});

test('with nothing to return to, a failing model stays; a new one replaces it and does not keep it', async () => {
  const slot = slotFor(good, 1);
  await slot.prepare(failing);
  slot.atCycleBoundary();
  await failUntilMax(slot, 5);
  expect(slot.atCycleBoundary()).toBeNull();
  await slot.prepare(good);
  expect(slot.atCycleBoundary()).toMatchObject({ kind: 'activated', running: digestOf(good) });
  expect(slot.status.lastGood).toBeNull();
  await slot.close();
});

test('a withdrawn model runs no more, nor does what waited beside it', async () => {
  const slot = slotFor(good);
  expect(slot.withdraw()).toBeNull();
  await slot.prepare(good);
  slot.atCycleBoundary();
  await slot.prepare(failing);
  expect(slot.withdraw()).toEqual({ kind: 'withdrawn', running: null, was: digestOf(good) });
  expect(slot.status).toEqual({ running: null, candidate: null, lastGood: null });
  expect(await slot.infer([4])).toBeNull();
  expect(slot.atCycleBoundary()).toBeNull();
  await slot.close();
});

test('a candidate that is dropped never takes over', async () => {
  const slot = slotFor(good);
  const running = await slot.prepare(good);
  slot.atCycleBoundary();
  await slot.prepare(failing);
  slot.dropCandidate();
  expect(slot.atCycleBoundary()).toBeNull();
  expect(slot.status.running).toBe(running);
  await slot.close();
});
