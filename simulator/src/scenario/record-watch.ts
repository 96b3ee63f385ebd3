import { clock } from './clock.ts';
import type { Conduct } from './conduct.ts';
import { expectationWords, recordsAtLeast } from './expectation-words.ts';
import type { Outcome, Watch } from './expectations.ts';
import type { Scenario } from './scenario.ts';
import type { RecordExpectation } from './scenario-file.ts';

/** So many records of a kind in the audit log of a site, as its disk has them in the end, by the time that they say. */
export class RecordWatch implements Watch {
  readonly #given: RecordExpectation;
  readonly #startMs: number;
  readonly #conduct: Conduct;

  constructor(given: RecordExpectation, { startMs }: Scenario, conduct: Conduct) {
    this.#given = given;
    this.#startMs = startMs;
    this.#conduct = conduct;
  }

  look(): void {}

  outcome(): Outcome {
    const expected = expectationWords(this.#given);
    const min = recordsAtLeast(this.#given);
    const { max = Number.POSITIVE_INFINITY } = this.#given;
    const timesMs = this.#timesMs();
    const kept = timesMs.length >= min && timesMs.length <= max;
    const [atMs = null] = timesMs;
    const seen = [timesMs.length, ...timesMs.slice(0, 3).map(clock)].join(', ');
    return { expected, kept, seen, headroom: null, atMs };
  }

  /** When those that count were written, ms after the scenario began. */
  #timesMs(): readonly number[] {
    const { recorded, site, of, from, to } = this.#given;
    const timesMs: number[] = [];
    for (const { kind, subject, wallMs } of this.#conduct.run.auditLog(site).records()) {
      const atMs = wallMs - this.#startMs;
      const inWindow = (from === undefined || atMs >= from) && (to === undefined || atMs <= to);
      const counts = kind === recorded && (of === undefined || subject === of);
      if (counts && inWindow) timesMs.push(atMs);
    }
    return timesMs;
  }
}
