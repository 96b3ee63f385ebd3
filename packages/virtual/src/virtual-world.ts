import { assert, type Clock, type RandomStream, type Rng, TielineError } from '@tieline/kernel';
import { afterMicrotasks, afterTurn, alarm } from './adapters/turns.ts';
import { EventQueue, type VirtualEvent } from './event-queue.ts';

export type VirtualFailure =
  /** Nothing is due, nothing is under way, and what was waited for has not come. */
  | { readonly code: 'world_stalled'; readonly atMs: number; readonly waitsFor: string }
  /** Native work under way has not ended in a long real time. */
  | { readonly code: 'work_stalled'; readonly atMs: number; readonly waitsFor: readonly string[] }
  /** Events bring forth events without end, at one and the same time. */
  | { readonly code: 'time_stands_still'; readonly atMs: number; readonly events: number };

export class VirtualError extends TielineError<VirtualFailure> {}

export interface VirtualWorldOptions {
  readonly rng: Rng;
  /** Unix time at which the world begins, ms. */
  readonly wallOriginMs?: number;
  /** How long native work may take in real time before the run is given up, ms. */
  readonly workTimeoutMs?: number;
}

const EVENTS_AT_ONE_TIME_MAX = 100_000;
/** Events between two turns of the event loop: without any, Ctrl-C would not be heard. */
const EVENTS_PER_TURN = 512;
const WORK_TIMEOUT_MS = 60_000;

interface Work {
  readonly what: string;
  /** Hands its outcome to who awaits it; `null` while it is under way. */
  handOver: (() => void) | null;
}

interface Drive {
  readonly untilMs: number;
  /** Looked at whenever everything has come to rest. */
  readonly isDone: () => boolean;
  /** What to say when there is nothing left to happen and it is not done; `null` where that is the end. */
  readonly waitsFor: string | null;
  readonly end: (failure: unknown) => void;
}

/**
 * Virtual time for production code: a clock that stands still while anything is left to do, and then
 * jumps to the next thing that is due. Events are ordered by time, then by a tie drawn from the seed, then by
 * insertion; so the same seed gives the same run.
 *
 * Real asynchronous work (an ONNX session) has to be handed to `track`: the world waits for it, and hands
 * the outcomes over in the order in which the work began, whichever ended first.
 */
export class VirtualWorld implements Clock {
  readonly #events = new EventQueue();
  readonly #ties: RandomStream;
  readonly #wallOriginMs: number;
  readonly #workTimeoutMs: number;
  readonly #work: Work[] = [];
  readonly #sleepers = new WeakMap<AbortSignal, Map<VirtualEvent, () => void>>();
  readonly #stepWhenAtRest = afterMicrotasks(() => this.#step());
  #nowMs = 0;
  #places = 0;
  #fired = 0;
  #firedNow = 0;
  #drive: Drive | null = null;
  #stopAlarm: (() => void) | null = null;

  constructor(options: VirtualWorldOptions) {
    this.#ties = options.rng.stream('virtual-ties');
    this.#wallOriginMs = options.wallOriginMs ?? 0;
    this.#workTimeoutMs = options.workTimeoutMs ?? WORK_TIMEOUT_MS;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    // Whole, as every real wall clock: events may be due between two milliseconds.
    return Math.floor(this.#wallOriginMs + this.#nowMs);
  }

  sleepUntil(dueMs: number, signal?: AbortSignal): Promise<void> {
    if (signal === undefined) {
      return new Promise((resolve) => {
        this.schedule(dueMs, resolve);
      });
    }
    if (signal.aborted) return Promise.resolve();
    const sleepers = this.#sleepersOf(signal);
    return new Promise((resolve) => {
      const event = this.schedule(dueMs, () => {
        sleepers.delete(event);
        resolve();
      });
      sleepers.set(event, resolve);
    });
  }

  /** One listener per signal and not per sleep: adding one costs more than the whole of an event. */
  #sleepersOf(signal: AbortSignal): Map<VirtualEvent, () => void> {
    const known = this.#sleepers.get(signal);
    if (known !== undefined) return known;
    const sleepers = new Map<VirtualEvent, () => void>();
    this.#sleepers.set(signal, sleepers);
    const wakeAll = (): void => {
      for (const [event, wake] of sleepers) {
        this.callOff(event);
        wake();
      }
      sleepers.clear();
    };
    signal.addEventListener('abort', wakeAll, { once: true });
    return sleepers;
  }

  /** Has `fire` called at that time, at the earliest after what is under way now has come to rest. */
  schedule(dueMs: number, fire: () => void): VirtualEvent {
    assert(!Number.isNaN(dueMs), 'an event is due at a time');
    const event: VirtualEvent = {
      dueMs: Math.max(dueMs, this.#nowMs),
      tie: this.#ties.uniform(),
      place: this.#places++,
      fire,
    };
    this.#events.push(event);
    return event;
  }

  callOff(event: VirtualEvent): void {
    this.#events.callOff(event);
  }

  /**
   * Makes the world wait for real asynchronous work, which takes no virtual time. Only for work at the
   * leaves, such as one run of a model: never for something that itself waits for the world, or for other work.
   *
   * @param what  names it when it does not end
   */
  track<T>(running: Promise<T>, what: string): Promise<T> {
    const work: Work = { what, handOver: null };
    this.#work.push(work);
    return new Promise((resolve, reject) => {
      const ended = (handOver: () => void): void => {
        work.handOver = handOver;
        this.#workEnded();
      };
      running.then(
        (value) => ended(() => resolve(value)),
        (reason: unknown) => ended(() => reject(reason)),
      );
    });
  }

  /** Lets everything happen that is due in the next `durationMs`, and all work end that it started. */
  advance(durationMs: number): Promise<void> {
    return this.runUntil(this.#nowMs + durationMs);
  }

  /** Lets everything happen that is due until `untilMs`, that time included; then it is that time. */
  async runUntil(untilMs: number): Promise<void> {
    await this.#begin({ untilMs, isDone: () => false, waitsFor: null });
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** Lets everything happen that is due by now, without moving time. */
  settle(): Promise<void> {
    return this.runUntil(this.#nowMs);
  }

  /**
   * Moves time until `body` ends, and gives what it gave.
   *
   * @throws {VirtualError} world_stalled when it waits for something that nothing left can bring; work_stalled;
   *   time_stands_still. And whatever the body throws.
   */
  async run<T>(body: () => Promise<T>, what = 'the body of run()'): Promise<T> {
    let isDone = false;
    const running = body().finally(() => {
      isDone = true;
    });
    const driving = this.#begin({
      untilMs: Number.MAX_VALUE,
      isDone: () => isDone,
      waitsFor: what,
    });
    // The world may give up while the body never ends; and a body that throws is told, not the end of driving.
    running.catch(() => {});
    await driving;
    return running;
  }

  #begin(drive: Omit<Drive, 'end'>): Promise<void> {
    assert(this.#drive === null, 'the world is driven by one at a time');
    return new Promise((resolve, reject) => {
      const end = (failure: unknown): void => {
        this.#drive = null;
        this.#silenceAlarm();
        if (failure === null) resolve();
        else reject(failure);
      };
      this.#drive = { ...drive, end };
      this.#stepWhenAtRest();
    });
  }

  /** Everything has come to rest: hand over one outcome, or let one event happen, and come to rest again. */
  #step(): void {
    const drive = this.#drive;
    if (drive === null) return;
    if (this.#work.length > 0) {
      this.#handOverOrWait(drive);
      return;
    }
    const next = drive.isDone() ? undefined : this.#events.peek();
    if (next === undefined || next.dueMs > drive.untilMs) {
      const stalled = drive.waitsFor !== null && !drive.isDone();
      drive.end(stalled ? this.#stalled(drive.waitsFor) : null);
      return;
    }
    try {
      this.#happen(next);
    } catch (failure) {
      drive.end(failure);
      return;
    }
    if (this.#fired % EVENTS_PER_TURN === 0) afterTurn(this.#stepWhenAtRest);
    else this.#stepWhenAtRest();
  }

  #happen(next: VirtualEvent): void {
    this.#events.pop();
    this.#firedNow = next.dueMs === this.#nowMs ? this.#firedNow + 1 : 0;
    if (this.#firedNow > EVENTS_AT_ONE_TIME_MAX) {
      const facts = { atMs: this.#nowMs, events: this.#firedNow };
      throw new VirtualError({ code: 'time_stands_still', ...facts });
    }
    this.#nowMs = next.dueMs;
    this.#fired += 1;
    const { fire } = next;
    next.fire = null;
    fire?.();
  }

  #handOverOrWait(drive: Drive): void {
    const first = this.#work[0];
    if (first?.handOver) {
      this.#work.shift();
      first.handOver();
      this.#stepWhenAtRest();
      return;
    }
    this.#stopAlarm ??= alarm(this.#workTimeoutMs, () => {
      const waitsFor = this.#work.map((work) => work.what);
      drive.end(new VirtualError({ code: 'work_stalled', atMs: this.#nowMs, waitsFor }));
    });
  }

  #workEnded(): void {
    if (this.#drive === null) {
      while (this.#work[0]?.handOver) this.#work.shift()?.handOver?.();
    } else if (this.#stopAlarm !== null && this.#work[0]?.handOver) {
      this.#silenceAlarm();
      this.#stepWhenAtRest();
    }
  }

  #silenceAlarm(): void {
    this.#stopAlarm?.();
    this.#stopAlarm = null;
  }

  #stalled(waitsFor: string): VirtualError {
    return new VirtualError({ code: 'world_stalled', atMs: this.#nowMs, waitsFor });
  }
}
