import { clock } from './clock.ts';
import type { Conduct } from './conduct.ts';
import type { ObservedRun, SeenCommand } from './controlled-run.ts';
import type { SignedOrder } from './events/event-kind.ts';
import { expectationWords } from './expectation-words.ts';
import { ownersIn, type Reading, readingOf } from './quantities.ts';
import type { Scenario } from './scenario.ts';
import type {
  BoundExpectation,
  NeverExpectation,
  OrderExpectation,
  SavingExpectation,
} from './scenario-file.ts';
import { quantitiesOf } from './unfold.ts';

/** What became of one expectation. Times are ms after the scenario began. */
export interface Outcome {
  /** In words: `harbour.batteryKw at most 125, from 2m10s to 6m30s`. */
  readonly expected: string;
  readonly kept: boolean;
  /** What was seen: the worst value and when, or how far it came. */
  readonly seen: string;
  /** Of a bound: how far the worst value stayed from it, in its own unit; negative where it was passed. */
  readonly headroom: number | null;
  /** When a bound was worst, an order was too late, or what always holds was first broken. */
  readonly atMs: number | null;
}

/** Follows one expectation through a run. */
export interface Watch {
  /** After each step of the plant. @param nowMs  after the scenario began */
  look(run: ObservedRun, nowMs: number): void;
  outcome(): Outcome;
}

/** A quantity within bounds, at every step of a window. */
export class BoundWatch implements Watch {
  readonly #given: BoundExpectation;
  readonly #reads: readonly { readonly name: string; readonly read: Reading }[];
  readonly #fromMs: number;
  readonly #toMs: number;
  #worst: (Pick<Outcome, 'atMs'> & { name: string; headroom: number; value: number }) | null = null;

  constructor(given: BoundExpectation, scenario: Scenario) {
    this.#given = given;
    const owners = ownersIn(scenario);
    this.#reads = quantitiesOf(given.that, scenario.groups.sites).flatMap((name) => {
      const read = readingOf(name, owners);
      return read === null ? [] : [{ name, read }];
    });
    this.#fromMs = given.from ?? 0;
    this.#toMs = given.to ?? scenario.durationMs;
  }

  look(run: ObservedRun, nowMs: number): void {
    if (nowMs < this.#fromMs || nowMs > this.#toMs) return;
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = this.#given;
    for (const { name, read } of this.#reads) {
      const value = read(run);
      if (value === null) continue;
      const headroom = Math.min(value - min, max - value);
      if (this.#worst === null || headroom < this.#worst.headroom) {
        this.#worst = { name, headroom, value, atMs: nowMs };
      }
    }
  }

  outcome(): Outcome {
    const expected = expectationWords(this.#given);
    const worst = this.#worst;
    if (worst === null) {
      return { expected, kept: false, seen: 'never measured', headroom: null, atMs: null };
    }
    const { name, headroom, value, atMs } = worst;
    const whose = name === this.#given.that ? '' : `${name} `;
    const seen = `${whose}${rounded(value)} at ${clock(atMs ?? 0)}`;
    return { expected, kept: headroom >= 0, seen, headroom, atMs };
  }
}

/** An order that gets so far in time. */
export class OrderWatch implements Watch {
  readonly #given: OrderExpectation;
  readonly #conduct: Conduct;
  /** Those that have not come so far. */
  readonly #waiting: Set<string>;
  #reachedMs: number | null = null;
  #last = 'not signed yet';

  constructor(given: OrderExpectation, { groups }: Scenario, conduct: Conduct) {
    this.#given = given;
    this.#conduct = conduct;
    this.#waiting = new Set(groups.orders.get(given.order) ?? [given.order]);
  }

  look(run: ObservedRun, nowMs: number): void {
    for (const name of this.#waiting) {
      const signed = this.#conduct.orders.get(name);
      if (signed === undefined || !this.#reached(run, signed)) continue;
      this.#waiting.delete(name);
      this.#reachedMs = nowMs - signed.atMs;
    }
  }

  #reached(run: ObservedRun, { command: id, refused }: SignedOrder): boolean {
    if (id === null) {
      this.#last = `refused: ${refused}`;
      return this.#given.reaches === 'refused' || this.#given.reaches === 'an end';
    }
    const command = run.control?.command(id);
    if (command === undefined) return false;
    this.#last = command.state;
    const { reaches } = this.#given;
    return reaches === 'an end' ? command.final : rungsOf(command).includes(reaches);
  }

  outcome(): Outcome {
    const { within } = this.#given;
    const expected = expectationWords(this.#given);
    const afterMs = this.#reachedMs;
    const all = this.#waiting.size === 0;
    const kept = all && afterMs !== null && afterMs <= within;
    const seen = all ? `after ${clock(afterMs ?? 0)}` : `it is ${this.#last}`;
    const [late = this.#given.order] = this.#waiting;
    const signedMs = this.#conduct.orders.get(late)?.atMs;
    const atMs = kept || signedMs === undefined ? null : signedMs + within;
    return { expected, kept, seen, headroom: null, atMs };
  }
}

/** An order that never gets so far. One that nobody took keeps that by chance, and not by promise. */
export class NeverWatch implements Watch {
  readonly #given: NeverExpectation;
  readonly #conduct: Conduct;
  readonly #names: readonly string[];
  readonly #states = new Map<string, string>();
  #reachedMs: number | null = null;

  constructor(given: NeverExpectation, { groups }: Scenario, conduct: Conduct) {
    this.#given = given;
    this.#conduct = conduct;
    this.#names = groups.orders.get(given.order) ?? [given.order];
  }

  look(run: ObservedRun, nowMs: number): void {
    for (const name of this.#names) {
      const id = this.#conduct.orders.get(name)?.command ?? null;
      const command = id === null ? undefined : run.control?.command(id);
      if (command === undefined) continue;
      this.#states.set(name, command.state);
      if (rungsOf(command).includes(this.#given.never)) this.#reachedMs ??= nowMs;
    }
  }

  outcome(): Outcome {
    const expected = expectationWords(this.#given);
    const atMs = this.#reachedMs;
    const untaken = this.#names.find((name) => !this.#states.has(name));
    const states = [...new Set(this.#states.values())].join(', ');
    const is = untaken === undefined ? `it is ${states}` : `${untaken} was not taken`;
    const seen = atMs === null ? is : `it was at ${clock(atMs)}`;
    return { expected, kept: atMs === null && untaken === undefined, seen, headroom: null, atMs };
  }
}

/** Every rung that a command has climbed, as people say it. */
function rungsOf({ ladder }: SeenCommand): string[] {
  return ladder.map(({ state, facts }) => {
    if (state !== 'confirmed') return state;
    return facts['by'] === 'meter' ? 'confirmed by measurement' : 'confirmed by the device';
  });
}

/** A highest quarter hour that lies below that without control. */
export class SavingWatch implements Watch {
  readonly #given: SavingExpectation;
  readonly #idle: ObservedRun;
  #savedKw: number | null = null;

  constructor(given: SavingExpectation, idle: ObservedRun) {
    this.#given = given;
    this.#idle = idle;
  }

  look(run: ObservedRun): void {
    const { saves } = this.#given;
    const peakOf = ({ trace }: ObservedRun): number | null =>
      saves === 'feeder' ? trace.peakImportKw : trace.sitePeakKw(saves);
    const [idleKw, ownKw] = [peakOf(this.#idle), peakOf(run)];
    if (idleKw !== null && ownKw !== null) this.#savedKw = idleKw - ownKw;
  }

  outcome(): Outcome {
    const { atLeastKw } = this.#given;
    const expected = expectationWords(this.#given);
    const savedKw = this.#savedKw;
    if (savedKw === null) {
      return { expected, kept: false, seen: 'no whole quarter hour', headroom: null, atMs: null };
    }
    const headroom = savedKw - atLeastKw;
    const seen = `${rounded(savedKw)} kW below`;
    return { expected, kept: headroom >= 0, seen, headroom, atMs: null };
  }
}

function rounded(value: number): string {
  return `${Number(value.toPrecision(6))}`;
}
