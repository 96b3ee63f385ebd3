import {
  FeatureWindow,
  FORECAST_FEATURES,
  type Inference,
  type InferenceResult,
  ModelSlot,
  type SlotChange,
} from '@tieline/inference';
import { roundToWatt } from '@tieline/kernel';
import type { ControlState } from './law/control-state.ts';
import { pvPowerKw } from './law/observe.ts';
import type { ProcessImage } from './law/process-image.ts';

/** The next quarter hour does not change within seconds. */
const FORECAST_EVERY_MS = 10_000;
/** Bad answers in a row after which the model before this one returns. */
const FAILURES_MAX = 6;

/**
 * The running model and what it is fed. Its word becomes an input of the control law, logged with the
 * cycle that it first served; without a good word the rule goes on.
 */
export class Forecaster {
  readonly slot: ModelSlot;
  readonly #ratedImportKw: number;
  readonly #window: FeatureWindow;
  #nextMs = 0;

  constructor(inference: Inference, ratedImportKw: number, ratedPvKw: number) {
    this.#ratedImportKw = ratedImportKw;
    this.#window = new FeatureWindow({ importKw: ratedImportKw, pvKw: ratedPvKw });
    this.slot = new ModelSlot({
      inference,
      features: FORECAST_FEATURES,
      failuresMax: FAILURES_MAX,
    });
  }

  /** Takes in what a cycle measured. */
  see(state: ControlState, image: ProcessImage): void {
    if (state.uncontrolled?.atMs !== image.sessionMs) return;
    this.#window.add({
      tMs: image.wallMs,
      uncontrolledImportKw: state.uncontrolled.importKw,
      pvKw: pvPowerKw(state, image),
    });
  }

  /** Asks the model when it is time to; null when it is not, or no model runs. */
  async forecast(sessionMs: number): Promise<InferenceResult | null> {
    if (sessionMs < this.#nextMs) return null;
    const features = this.#window.features();
    if (features === null) return null;
    this.#nextMs = sessionMs + FORECAST_EVERY_MS;
    const result = await this.slot.infer(features);
    if (result === null || !result.ok) return result;
    // To the watt: a runtime's last bits may differ between processors, a decision must not.
    return { ok: true, value: roundToWatt(result.value * this.#ratedImportKw) };
  }

  atCycleBoundary(): SlotChange | null {
    return this.slot.atCycleBoundary();
  }
}
