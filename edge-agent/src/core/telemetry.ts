import { type AssetId, BoundedQueue } from '@tieline/kernel';
import { KINDS, type Telemetry } from '@tieline/protocol';
import type { Mouth } from './agent-context.ts';
import type { Decision } from './decide.ts';
import { isMeasured, type ProcessImage } from './process-image.ts';

/** Cycles in a batch, each 1 s. */
const BATCH_SAMPLES = 10;
/** Batches of a broken link are thinned to one mean each, this many of them to a message. */
const THINNED_SAMPLES = 360;
/** Two days of thinned telemetry; then the oldest goes, and is counted. */
const QUEUE_MESSAGES = 48;

/** One quantity of one asset: the same object in every sample, so that samples are told apart by nothing else. */
type Series = Pick<Telemetry['series'][number], 'asset' | 'quantity'>;

interface Sample {
  readonly at: Pick<ProcessImage, 'sessionMs' | 'wallMs' | 'clock'>;
  readonly values: ReadonlyMap<Series, number | null>;
}

const FORECAST: Series = { asset: 'site', quantity: 'forecast-import-kw' };

/**
 * Measurements on their way out, in batches with one signature each. While the link is down they are
 * thinned to means, because the newest minute matters more than each second of a past hour.
 */
export class TelemetryFeed {
  readonly #stepMs: number;
  #batch: Sample[] = [];
  #thinned: Sample[] = [];
  readonly #queue = new BoundedQueue<Telemetry>(QUEUE_MESSAGES);
  readonly #series = new Map<AssetId, AssetSeries>();
  /** Points that had to give way. */
  dropped = 0;

  constructor(stepMs: number) {
    this.#stepMs = stepMs;
  }

  get bufferedPoints(): number {
    return (this.#thinned.length + this.#queue.size * THINNED_SAMPLES) * this.#width();
  }

  add(image: ProcessImage, decision: Decision, forecastKw: number | null): void {
    this.#batch.push({ at: image, values: this.#valuesOf(image, decision, forecastKw) });
  }

  /** Sends what is due; what cannot be sent is thinned and kept. */
  async send(mouth: Mouth): Promise<void> {
    if (this.#batch.length >= BATCH_SAMPLES) {
      const batch = this.#batch;
      this.#batch = [];
      const sent = mouth.isUp && (await mouth.say(KINDS.telemetry, this.#message(batch, 1), 0));
      if (!sent) this.#thin(batch);
    }
    if (!mouth.isUp) return;
    const waiting = this.#queue.peek() ?? this.#closeThinned(1);
    if (waiting !== undefined && (await mouth.say(KINDS.telemetry, waiting, 0))) this.#queue.take();
  }

  #thin(batch: readonly Sample[]): void {
    const [first] = batch;
    if (first === undefined) return;
    const values = new Map<Series, number | null>();
    for (const series of first.values.keys()) {
      const known = batch.flatMap(({ values: one }) => one.get(series) ?? []);
      const sum = known.reduce((total, value) => total + value, 0);
      values.set(series, known.length === 0 ? null : sum / known.length);
    }
    this.#thinned.push({ at: first.at, values });
    this.#closeThinned(THINNED_SAMPLES);
  }

  /** Puts the thinned samples into the queue once there are `atLeast` of them; gives the queue's head. */
  #closeThinned(atLeast: number): Telemetry | undefined {
    if (this.#thinned.length < atLeast) return undefined;
    const evicted = this.#queue.offerEvicting(this.#message(this.#thinned, BATCH_SAMPLES));
    if (evicted !== undefined) {
      this.dropped += evicted.series.reduce((sum, one) => sum + one.values.length, 0);
    }
    this.#thinned = [];
    return this.#queue.peek();
  }

  #message(samples: readonly Sample[], every: number): Telemetry {
    const [first] = samples;
    const at = first!.at;
    const series = [...first!.values.keys()].map((one) => ({
      ...one,
      values: samples.map(({ values }) => values.get(one) ?? null),
    }));
    return {
      startSessionMs: at.sessionMs,
      startWallMs: at.wallMs,
      clock: at.clock,
      stepMs: this.#stepMs * every,
      series,
    };
  }

  #width(): number {
    return (this.#thinned[0] ?? this.#batch[0])?.values.size ?? 0;
  }

  #valuesOf(
    image: ProcessImage,
    decision: Decision,
    forecastKw: number | null,
  ): ReadonlyMap<Series, number | null> {
    const values = new Map<Series, number | null>();
    for (const [asset, reading] of Object.entries(image.readings)) {
      const measured = isMeasured(reading) ? reading : null;
      const series = this.#seriesOf(asset);
      values.set(series.activePower, measured?.activePowerKw ?? null);
      values.set(series.voltage, measured?.voltagePu ?? null);
      if (asset in decision.setpoints) {
        values.set(series.setpoint, decision.setpoints[asset] ?? null);
        values.set(series.stateOfCharge, measured?.stateOfCharge ?? null);
      }
    }
    values.set(FORECAST, forecastKw);
    return values;
  }

  #seriesOf(asset: AssetId): AssetSeries {
    let series = this.#series.get(asset);
    if (series === undefined) {
      series = {
        activePower: { asset, quantity: 'active-power-kw' },
        voltage: { asset, quantity: 'voltage-pu' },
        setpoint: { asset, quantity: 'setpoint-kw' },
        stateOfCharge: { asset, quantity: 'state-of-charge' },
      };
      this.#series.set(asset, series);
    }
    return series;
  }
}

type AssetSeries = Readonly<
  Record<'activePower' | 'voltage' | 'setpoint' | 'stateOfCharge', Series>
>;
