import { type AssetId, BoundedQueue } from '@tieline/kernel';
import { KINDS, type Quantity, type Telemetry } from '@tieline/protocol';
import type { Mouth } from './agent-context.ts';
import type { Decision } from './decide.ts';
import { isMeasured, type ProcessImage } from './process-image.ts';

/** Cycles in a batch, each 1 s. */
const BATCH_SAMPLES = 10;
/** Batches of a broken link are thinned to one mean each, this many of them to a message. */
const THINNED_SAMPLES = 360;
/** Two days of thinned telemetry; then the oldest goes, and is counted. */
const QUEUE_MESSAGES = 48;

interface Sample {
  readonly at: Pick<ProcessImage, 'sessionMs' | 'wallMs' | 'clock'>;
  readonly values: ReadonlyMap<string, number | null>;
}

/**
 * Measurements on their way out, in batches with one signature each. While the link is down they are
 * thinned to means, because the newest minute matters more than each second of a past hour.
 */
export class TelemetryFeed {
  readonly #stepMs: number;
  #batch: Sample[] = [];
  #thinned: Sample[] = [];
  readonly #queue = new BoundedQueue<Telemetry>(QUEUE_MESSAGES);
  /** Points that had to give way. */
  dropped = 0;

  constructor(stepMs: number) {
    this.#stepMs = stepMs;
  }

  get bufferedPoints(): number {
    return (this.#thinned.length + this.#queue.size * THINNED_SAMPLES) * this.#width();
  }

  add(image: ProcessImage, decision: Decision, forecastKw: number | null): void {
    this.#batch.push({ at: image, values: valuesOf(image, decision, forecastKw) });
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
    const values = new Map<string, number | null>();
    for (const name of first.values.keys()) {
      const known = batch.flatMap(({ values: one }) => one.get(name) ?? []);
      const sum = known.reduce((total, value) => total + value, 0);
      values.set(name, known.length === 0 ? null : sum / known.length);
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
    const series = [...first!.values.keys()].map((name): Telemetry['series'][number] => {
      const [asset, quantity] = name.split(' ') as [AssetId, Quantity];
      return { asset, quantity, values: samples.map(({ values }) => values.get(name) ?? null) };
    });
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
}

function valuesOf(
  image: ProcessImage,
  decision: Decision,
  forecastKw: number | null,
): Map<string, number | null> {
  const values = new Map<string, number | null>();
  for (const [asset, reading] of Object.entries(image.readings)) {
    const measured = isMeasured(reading) ? reading : null;
    values.set(`${asset} active-power-kw`, measured?.activePowerKw ?? null);
    values.set(`${asset} voltage-pu`, measured?.voltagePu ?? null);
    if (asset in decision.setpoints) {
      values.set(`${asset} setpoint-kw`, decision.setpoints[asset] ?? null);
      values.set(`${asset} state-of-charge`, measured?.stateOfCharge ?? null);
    }
  }
  values.set('site forecast-import-kw', forecastKw);
  return values;
}
