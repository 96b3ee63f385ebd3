import { type AssetId, BoundedQueue } from '@tieline/kernel';
import { KINDS, type Telemetry } from '@tieline/protocol';
import type { Decision } from '../law/decide.ts';
import { isMeasured, type ProcessImage } from '../law/process-image.ts';
import type { Mouth } from './mouth.ts';

/** Cycles in a batch, each 1 s. */
const BATCH_SAMPLES = 10;
/** Batches that may wait for their turn while the link is slow; then the oldest is thinned. */
const WAITING_BATCHES = 3;
/** A message holds as many values as strict CBOR and its byte bound allow, in this many series at most. */
const MESSAGE_VALUES = 3_000;
const MESSAGE_SERIES = 60;
/** Two days and more of a site of four assets, thinned; then the oldest goes. */
const QUEUE_MESSAGES = 96;

/** One quantity of one asset: the same object in every sample, so that samples are told apart by nothing else. */
type Series = Pick<Telemetry['series'][number], 'asset' | 'quantity'>;

interface Sample {
  readonly at: Pick<ProcessImage, 'sessionMs' | 'wallMs' | 'clock'>;
  readonly values: ReadonlyMap<Series, number | null>;
}

const FORECAST: Series = { asset: 'site', quantity: 'forecast-import-kw' };

/**
 * Measurements on their way out, in batches with one signature each. While the link is down they are
 * thinned to means, because the newest minute matters more than each second of a past hour. A message
 * dates its values by its first one: whatever breaks the grid of time begins another message.
 */
export class TelemetryFeed {
  readonly #stepMs: number;
  #open: Sample[] = [];
  readonly #closed: (readonly Sample[])[] = [];
  #thinned: Sample[] = [];
  readonly #queue = new BoundedQueue<Telemetry>(QUEUE_MESSAGES);
  readonly #series = new Map<AssetId, AssetSeries>();
  #queuedPoints = 0;

  constructor(stepMs: number) {
    this.#stepMs = stepMs;
  }

  get bufferedPoints(): number {
    return this.#thinned.reduce((sum, one) => sum + one.values.size, this.#queuedPoints);
  }

  add(image: ProcessImage, decision: Decision, forecastKw: number | null): void {
    const sample = { at: image, values: this.#valuesOf(image, decision, forecastKw) };
    if (!follows(this.#open.at(-1), sample, this.#stepMs)) this.#close();
    this.#open.push(sample);
    if (this.#open.length >= BATCH_SAMPLES) this.#close();
  }

  /** Sends what is due; what cannot be sent is thinned and kept. */
  async send(mouth: Pick<Mouth, 'isUp' | 'say'>): Promise<void> {
    for (let batch = this.#closed.shift(); batch !== undefined; batch = this.#closed.shift()) {
      let sent = mouth.isUp;
      for (const message of this.#messages(batch, 1)) {
        sent = sent && (await mouth.say(KINDS.telemetry, message, 0));
      }
      if (!sent) this.#thin(batch);
    }
    if (!mouth.isUp) return;
    if (this.#queue.size === 0) this.#closeThinned();
    const waiting = this.#queue.peek();
    if (waiting === undefined || !(await mouth.say(KINDS.telemetry, waiting, 0))) return;
    // A full queue may have let it go meanwhile.
    if (this.#queue.peek() !== waiting) return;
    this.#queue.take();
    this.#queuedPoints -= pointsOf(waiting);
  }

  #close(): void {
    if (this.#open.length > 0) this.#closed.push(this.#open);
    this.#open = [];
    if (this.#closed.length > WAITING_BATCHES) this.#thin(this.#closed.shift() ?? []);
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
    const mean = { at: first.at, values };
    const stepMs = this.#stepMs * BATCH_SAMPLES;
    if (!follows(this.#thinned.at(-1), mean, stepMs)) this.#closeThinned();
    this.#thinned.push(mean);
    const width = Math.min(values.size, MESSAGE_SERIES);
    if ((this.#thinned.length + 1) * width > MESSAGE_VALUES) this.#closeThinned();
  }

  #closeThinned(): void {
    for (const message of this.#messages(this.#thinned, BATCH_SAMPLES)) {
      const evicted = this.#queue.offerEvicting(message);
      this.#queuedPoints += pointsOf(message);
      if (evicted !== undefined) this.#queuedPoints -= pointsOf(evicted);
    }
    this.#thinned = [];
  }

  /** Samples as messages; those of a site of many assets share their series out. */
  #messages(samples: readonly Sample[], every: number): Telemetry[] {
    const [first] = samples;
    if (first === undefined) return [];
    const { sessionMs, wallMs, clock } = first.at;
    const all = [...first.values.keys()].map((one) => ({
      ...one,
      values: samples.map(({ values }) => values.get(one) ?? null),
    }));
    const messages: Telemetry[] = [];
    for (let at = 0; at < all.length; at += MESSAGE_SERIES) {
      messages.push({
        startSessionMs: sessionMs,
        startWallMs: wallMs,
        clock,
        stepMs: this.#stepMs * every,
        series: all.slice(at, at + MESSAGE_SERIES),
      });
    }
    return messages;
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

/** Whether a sample is the one that a message expects behind `last`: a step later, on the same clock. */
function follows(last: Sample | undefined, next: Sample, stepMs: number): boolean {
  if (last === undefined) return true;
  const sessionMs = next.at.sessionMs - last.at.sessionMs;
  const wallMs = next.at.wallMs - last.at.wallMs;
  return (
    Math.abs(sessionMs - stepMs) < stepMs / 2 &&
    Math.abs(wallMs - sessionMs) < stepMs / 2 &&
    next.at.clock === last.at.clock &&
    next.values.size === last.values.size
  );
}

function pointsOf({ series }: Telemetry): number {
  return series.reduce((sum, one) => sum + one.values.length, 0);
}
