import { messageOf } from '@tieline/kernel';
import type { EndedProcess, Inside, ObservedRun } from '../controlled-run.ts';
import { endWords } from '../end-words.ts';
import { PROMISE } from '../expectation-words.ts';
import type { Watch } from '../expectations.ts';
import type { Scenario } from '../scenario.ts';
import { Promised } from './promised.ts';

/** The longest wait before an agent connects again is five minutes; then it has half a one to be heard. */
const HEARD_WITHIN_MS = 330_000;
/** What is recorded is signed for within this time, while the link is there. */
const RECEIPTED_WITHIN_MS = 60_000;

/** Nothing keeps an agent or, where it is a process of its own, the control plane from its work for good. */
export class Survival extends Promised {
  constructor() {
    super(PROMISE.survives);
  }

  look(): void {}

  failed(site: string, cause: unknown, nowMs: number): void {
    this.broken(`${site}: ${messageOf(cause)}`, nowMs);
  }

  ended(one: EndedProcess): void {
    this.broken(endWords(one), one.atMs);
  }
}

export function recoveryWatches({ simulated }: Scenario, inside: Inside): readonly Watch[] {
  const sites = simulated.sites.map(({ plant }) => plant.site);
  return [new Heard(sites, inside), new Receipted(sites, inside), new Kept(sites)];
}

/** Who can be reached is present, soon after that was not so. */
class Heard extends Promised {
  readonly #inside: Inside;
  /** Since when a site can be reached and is not present. */
  readonly #awayMs: Map<string, number | null>;

  constructor(sites: readonly string[], inside: Inside) {
    super(PROMISE.heard);
    this.#inside = inside;
    this.#awayMs = new Map(sites.map((site) => [site, null]));
  }

  look(run: ObservedRun, nowMs: number): void {
    for (const [site, sinceMs] of this.#awayMs) {
      const isAway = isReachable(run, this.#inside, site) && !isPresent(run, site);
      const awayMs = isAway ? (sinceMs ?? nowMs) : null;
      this.#awayMs.set(site, awayMs);
      if (awayMs !== null && nowMs - awayMs > HEARD_WITHIN_MS) {
        this.broken(`${site} was away for ${(nowMs - awayMs) / 1_000} s`, nowMs);
      }
    }
  }
}

/** What an agent wrote down is signed for by the control plane, and the agent knows it. */
class Receipted extends Promised {
  readonly #sites: readonly string[];
  readonly #inside: Inside;
  /** The size of a log, and since when it waits to be signed for with the link there. */
  readonly #waiting = new Map<string, { readonly size: number; readonly sinceMs: number }>();

  constructor(sites: readonly string[], inside: Inside) {
    super(PROMISE.receipted);
    this.#sites = sites;
    this.#inside = inside;
  }

  look(run: ObservedRun, nowMs: number): void {
    for (const site of this.#sites) {
      const canHear = isReachable(run, this.#inside, site) && isPresent(run, site);
      // What the disk does not take the agent cannot know.
      if (!canHear || this.#inside.isDiskFull(site)) {
        this.#waiting.delete(site);
        continue;
      }
      const log = run.logs.get(site);
      if (log === undefined) continue;
      const waiting = this.#waiting.get(site);
      const isDone = waiting === undefined || log.receiptedSize >= waiting.size;
      if (isDone) this.#waiting.set(site, { size: log.size, sinceMs: nowMs });
      else if (nowMs - waiting.sinceMs > RECEIPTED_WITHIN_MS) {
        this.broken(`${site}: record ${waiting.size - 1} is not`, nowMs);
      }
    }
  }
}

/** Rows leave a gateway only once the control plane holds them. */
class Kept extends Promised {
  readonly #sites: readonly string[];
  /** The most that the control plane was ever seen to hold of each site. */
  readonly #held = new Map<string, number>();

  constructor(sites: readonly string[]) {
    super(PROMISE.kept);
    this.#sites = sites;
  }

  look(run: ObservedRun, nowMs: number): void {
    for (const site of this.#sites) {
      const log = run.logs.get(site);
      if (log === undefined) continue;
      const held = run.control?.agent(site).auditReceipted ?? this.#held.get(site) ?? 0;
      this.#held.set(site, held);
      const { first } = log;
      if (first > held) this.broken(`${site}: its oldest is ${first}, ${held} are held`, nowMs);
    }
  }
}

function isReachable(run: ObservedRun, { canConnect }: Inside, site: string): boolean {
  return run.hasAgent(site) && run.control !== null && canConnect(site);
}

function isPresent({ control }: ObservedRun, site: string): boolean {
  return control?.agent(site).link === 'present';
}
