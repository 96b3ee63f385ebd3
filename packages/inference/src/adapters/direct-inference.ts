import { messageOf } from '@tieline/kernel';
import { ModelError } from '../errors.ts';
import type { Inference } from '../inference.ts';
import { openSession, type StartRunner } from '../session.ts';
import { openOnnx } from './onnx-session.ts';

/**
 * Sessions in the caller's thread, for virtual time and for offline work: no timers, so nothing is
 * ever late, and nothing happens that is not awaited. A slow model blocks its caller; a gateway uses
 * `workerInference`.
 */
export function directInference(): Inference {
  return { load: (packed) => openSession(packed, startDirect) };
}

const startDirect: StartRunner = async ({ manifest, onnx }, selfTest) => {
  const failed = (thrown: unknown): ModelError =>
    new ModelError({ code: 'session_failed', place: 'model.onnx', reason: messageOf(thrown) });
  const session = await openOnnx({
    onnx,
    inputName: manifest.input.name,
    inputWidth: manifest.input.features.length,
    outputName: manifest.output.name,
  }).catch((thrown: unknown) => {
    throw failed(thrown);
  });
  try {
    const values: number[] = [];
    for (const row of selfTest.rows) {
      const [value = Number.NaN] = await session.run(row).catch((thrown: unknown) => {
        throw failed(thrown);
      });
      values.push(value);
    }
    selfTest.check(values);
  } catch (thrown) {
    await session.release();
    throw thrown;
  }
  return {
    run: (rows) =>
      session.run(rows).then(
        (values) => ({ ok: true, values }),
        (thrown: unknown) => ({ ok: false, reason: 'crashed', detail: messageOf(thrown) }),
      ),
    close: () => session.release(),
  };
};
