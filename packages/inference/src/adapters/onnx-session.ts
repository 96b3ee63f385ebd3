import type { InferenceSession } from 'onnxruntime-node';
import { requireNoTelemetry } from './no-telemetry.ts';

/** What a session needs of a package. */
export interface OnnxSource {
  readonly onnx: Uint8Array;
  readonly inputName: string;
  readonly inputWidth: number;
  readonly outputName: string;
}

export interface OnnxSession {
  /** Whole rows in, one value per row out. Blocks its thread while it computes. Throws what the runtime throws. */
  run(rows: Float32Array): Promise<Float32Array>;
  release(): Promise<void>;
}

/**
 * One thread, no spinning and no arena: a gateway has little of each, and a tiny model gains nothing
 * from them. Level 4 keeps the runtime from writing past the logger; what fails is thrown anyway.
 */
const GATEWAY_OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  enableCpuMemArena: false,
  enableMemPattern: false,
  logSeverityLevel: 4,
  extra: { session: { intra_op: { allow_spinning: '0' } } },
};

export async function openOnnx(source: OnnxSource): Promise<OnnxSession> {
  requireNoTelemetry();
  // Loaded on first use: an agent runs sessions in workers only, and spares itself a second runtime.
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const { inputName, inputWidth, outputName } = source;
  const session = await InferenceSession.create(source.onnx, GATEWAY_OPTIONS);
  return {
    async run(rows) {
      const count = rows.length / inputWidth;
      const input = new Tensor('float32', rows, [count, inputWidth]);
      const output = (await session.run({ [inputName]: input }, [outputName]))[outputName];
      const values = output?.data;
      if (!(values instanceof Float32Array) || values.length !== count) {
        throw new Error(`${outputName} is not ${count} numbers of float32`);
      }
      return values;
    },
    release: () => session.release(),
  };
}
