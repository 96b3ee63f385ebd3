import { expect, test } from 'vitest';
import { ModelError } from './errors.ts';
import type { Inference } from './inference.ts';
import { packageJson, parseManifest } from './manifest.ts';
import { digestOf, packFiles, splitFiles } from './model-package.ts';
import {
  failingSelfTestModel,
  nanModel,
  outOfRangeModel,
  sampleFiles,
  sampleModel,
  throwingModel,
} from './sample-models.ts';

export {
  failingSelfTestModel,
  hungryModel,
  nanModel,
  outOfRangeModel,
  sampleModel,
  slowModel,
  throwingModel,
  wideModel,
} from './sample-models.ts';

/** The failure of a load that must fail. */
async function refusal(inference: Inference, packed: Uint8Array): Promise<ModelError['failure']> {
  const thrown: unknown = await inference.load(packed).then(
    async (session) => {
      await session.close();
      return null;
    },
    (error: unknown) => error,
  );
  if (!(thrown instanceof ModelError)) throw new Error(`not refused: ${String(thrown)}`);
  return thrown.failure;
}

/** What every `Inference` promises, whichever thread it runs in. */
export function inferenceCompliance(name: string, inference: Inference): void {
  test(`${name}: a good model loads, says what it is, and infers`, async () => {
    const packed = sampleModel(0.5);
    await using session = await disposable(inference, packed);
    expect(session.digest).toBe(digestOf(packed));
    expect(session.manifest.input.features.map((feature) => feature.name)).toEqual(['a', 'b']);
    expect(await session.infer([3, -1])).toEqual({ ok: true, value: 5.5 });
    expect(await session.infer(Float64Array.of(0, 0))).toEqual({ ok: true, value: 0.5 });
  });

  test(`${name}: input that is not finite, out of range or too short never reaches the model`, async () => {
    await using session = await disposable(inference, sampleModel());
    const cases: [number[], string][] = [
      [[1, Number.NaN], 'b is NaN'],
      [[1, Number.POSITIVE_INFINITY], 'b is Infinity'],
      [[10.5, 0], 'a is 10.5, outside -10 to 10'],
      [[1], '1 features, the model takes 2'],
    ];
    for (const [features, detail] of cases) {
      expect(await session.infer(features)).toMatchObject({
        ok: false,
        reason: 'input_implausible',
        detail: expect.stringContaining(detail),
      });
    }
    expect(await session.infer([1, 1])).toEqual({ ok: true, value: 3 });
  });

  test(`${name}: NaN from a model is caught, and the next run is served`, async () => {
    await using session = await disposable(inference, nanModel());
    expect(await session.infer([-1])).toMatchObject({ ok: false, reason: 'not_finite' });
    expect(await session.infer([9])).toEqual({ ok: true, value: 3 });
  });

  test(`${name}: a value outside the model's own range is caught`, async () => {
    await using session = await disposable(inference, outOfRangeModel());
    expect(await session.infer([9])).toMatchObject({ ok: false, reason: 'out_of_range' });
    expect(await session.infer([0.5])).toEqual({ ok: true, value: 50 });
  });

  test(`${name}: a run that the runtime throws from is a result, and the next run is served`, async () => {
    await using session = await disposable(inference, throwingModel());
    expect(await session.infer([3])).toMatchObject({ ok: false, reason: 'crashed' });
    expect(await session.infer([1])).toEqual({ ok: true, value: 1 });
  });

  test(`${name}: a model that fails its golden cases is refused with the case`, async () => {
    expect(await refusal(inference, failingSelfTestModel())).toEqual({
      code: 'self_test_failed',
      place: 'golden.json: cases.0',
      expected: 3.5,
      actual: 3,
      tolerance: 1e-5,
    });
  });

  test(`${name}: damaged packages are refused with a code, and others go on`, async () => {
    await using running = await disposable(inference, sampleModel());
    const files = sampleFiles();
    const manifest = parseManifest(files.manifest);
    const resealed = (onnx: Uint8Array): Uint8Array => {
      const sealed = { ...manifest.files, onnx: digestOf(onnx) };
      return packFiles({ ...files, onnx, manifest: packageJson({ ...manifest, files: sealed }) });
    };
    const cut = sampleModel().subarray(0, -1);
    expect((await refusal(inference, cut)).code).toBe('package_malformed');

    const flipped = sampleModel();
    flipped[flipped.length - 20] = (flipped[flipped.length - 20] ?? 0) ^ 1;
    expect((await refusal(inference, flipped)).code).toBe('digest_mismatch');

    // Truncated, but honest about its digest: refused while packing already.
    expect(() => resealed(files.onnx.subarray(0, -9))).toThrow(ModelError);
    // Well-formed protobuf that the runtime cannot make a session of: an operator that does not exist.
    const onnx = Uint8Array.from(files.onnx);
    onnx.set(new TextEncoder().encode('Gamm'), Buffer.from(onnx).indexOf('Gemm', 20));
    expect((await refusal(inference, resealed(onnx))).code).toBe('session_failed');
    expect(splitFiles(resealed(files.onnx)).onnx).toEqual(files.onnx);

    expect(await running.infer([1, 0])).toEqual({ ok: true, value: 2 });
  });

  test(`${name}: a closed session says so, closing twice is harmless, and others go on`, async () => {
    await using other = await disposable(inference, sampleModel(1));
    const session = await inference.load(sampleModel());
    await session.close();
    await session.close();
    expect(await session.infer([1, 1])).toMatchObject({ ok: false, reason: 'crashed' });
    expect(await other.infer([0, 0])).toEqual({ ok: true, value: 1 });
  });

  test(`${name}: several runs at once each get their own answer`, async () => {
    await using session = await disposable(inference, sampleModel());
    const values = await Promise.all([0, 1, 2, 3].map((x) => session.infer([x, 0])));
    expect(values).toEqual([0, 2, 4, 6].map((value) => ({ ok: true, value })));
  });
}

async function disposable(inference: Inference, packed: Uint8Array) {
  const session = await inference.load(packed);
  return { ...session, [Symbol.asyncDispose]: () => session.close() };
}
