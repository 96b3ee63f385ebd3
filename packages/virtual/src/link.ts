import type { RandomStream } from '@tieline/kernel';
import type { VirtualEvent } from './event-queue.ts';
import type { VirtualWorld } from './virtual-world.ts';

/** What a link does to messages, each way. */
export interface LinkQuality {
  /** Time a message takes, ms. */
  readonly delayMs: number;
  /** On top of it, uniformly between nothing and this, ms. Order is kept: TCP does. */
  readonly jitterMs: number;
  /** Share of messages that are lost once: QoS 0 for good, QoS 1 until it is sent again. */
  readonly lossRate: number;
  /** Share of QoS 1 messages that arrive twice. */
  readonly duplicateRate: number;
  /**
   * Share of publications that those behind them overtake. One connection keeps order; a broker of many nodes, or a
   * bridge between two, does not.
   */
  readonly reorderRate: number;
}

const LINK_QUALITY: LinkQuality = {
  delayMs: 5,
  jitterMs: 0,
  lossRate: 0,
  duplicateRate: 0,
  reorderRate: 0,
};

/** A lost segment comes again after this at the earliest, ms (the lower bound of TCP's timer on Linux). */
const RETRANSMIT_MIN_MS = 200;

/** How much longer the way is of what is overtaken, ms. */
const DETOUR_MS = 1_000;

/** The line between one client and the broker: what every connection over it shares. */
export class Link {
  quality: LinkQuality = LINK_QUALITY;
  readonly world: VirtualWorld;
  readonly #random: RandomStream;
  readonly #pipes = new Set<Pipe>();
  #isCut = false;

  constructor(world: VirtualWorld, random: RandomStream) {
    this.world = world;
    this.#random = random;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** Nothing passes from now on, and nobody is told. */
  cut(): void {
    this.#isCut = true;
  }

  /** What waited passes now, in its order. */
  restore(): void {
    this.#isCut = false;
    for (const pipe of this.#pipes) pipe.resume();
  }

  openPipe(): Pipe {
    const pipe = new Pipe(this);
    this.#pipes.add(pipe);
    return pipe;
  }

  closePipe(pipe: Pipe): void {
    this.#pipes.delete(pipe);
  }

  /** How long one passage takes, drawn anew, ms. */
  passageMs(): number {
    const { delayMs, jitterMs } = this.quality;
    return jitterMs === 0 ? delayMs : delayMs + this.#random.uniform() * jitterMs;
  }

  /** There and back, with everything lost once and every jitter at its worst, ms. */
  get worstRoundTripMs(): number {
    const { delayMs, jitterMs, lossRate } = this.quality;
    const againMs = lossRate > 0 ? this.retransmitMs : 0;
    return 2 * (delayMs + jitterMs + againMs);
  }

  /** When what was lost is sent again, ms. */
  get retransmitMs(): number {
    return Math.max(RETRANSMIT_MIN_MS, 2 * this.quality.delayMs);
  }

  drawLoss(): boolean {
    return this.quality.lossRate > 0 && this.#random.uniform() < this.quality.lossRate;
  }

  drawDuplicate(): boolean {
    return this.quality.duplicateRate > 0 && this.#random.uniform() < this.quality.duplicateRate;
  }

  drawReorder(): boolean {
    return this.quality.reorderRate > 0 && this.#random.uniform() < this.quality.reorderRate;
  }
}

/** What travels: a publication by its QoS, or a packet of the protocol itself. */
export type Passenger = 'qos0' | 'qos1' | 'control';

/** One direction of one connection: first in, first out, however long each passage takes. */
export class Pipe {
  readonly #link: Link;
  readonly #waiting: Array<() => void> = [];
  #lastMs = 0;
  /** Passages that were over while the link was cut. */
  #held = 0;
  readonly #events = new Set<VirtualEvent>();

  constructor(link: Link) {
    this.#link = link;
  }

  /** A loss delays what is sent again, and all that comes after it; of QoS 0 it is the end. */
  send(arrive: () => void, passenger: Passenger): void {
    const lost = this.#link.drawLoss();
    if (lost && passenger === 'qos0') return;
    if (passenger !== 'control' && this.#link.drawReorder()) {
      this.#detour(arrive);
      return;
    }
    const againMs = lost ? this.#link.retransmitMs : 0;
    this.#enter(arrive, againMs);
    if (passenger === 'qos1' && this.#link.drawDuplicate()) this.#enter(arrive, 0);
  }

  #enter(arrive: () => void, extraMs: number): void {
    this.#waiting.push(arrive);
    this.#pass(extraMs);
  }

  /** Beside the others, which do not wait for it. */
  #detour(arrive: () => void): void {
    const { world } = this.#link;
    const dueMs = world.monotonicMs() + this.#link.passageMs() + DETOUR_MS;
    const event = world.schedule(dueMs, () => {
      this.#events.delete(event);
      if (this.#link.isCut) this.#enter(arrive, 0);
      else arrive();
    });
    this.#events.add(event);
  }

  #pass(extraMs: number): void {
    const { world } = this.#link;
    const dueMs = world.monotonicMs() + this.#link.passageMs() + extraMs;
    this.#lastMs = Math.max(this.#lastMs, dueMs);
    const event = world.schedule(this.#lastMs, () => {
      this.#events.delete(event);
      this.#arrive();
    });
    this.#events.add(event);
  }

  /** The oldest arrives, whichever passage is over: ties between equal times must not change the order. */
  #arrive(): void {
    if (this.#link.isCut) this.#held += 1;
    else this.#waiting.shift()?.();
  }

  resume(): void {
    for (; this.#held > 0; this.#held -= 1) this.#pass(0);
  }

  /** What is under way is lost. */
  close(): void {
    for (const event of this.#events) this.#link.world.callOff(event);
    this.#events.clear();
    this.#waiting.length = 0;
    this.#held = 0;
    this.#link.closePipe(this);
  }
}
