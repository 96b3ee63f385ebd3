import type { AuditRecord } from '@tieline/audit';
import type { ControlEvent } from '@tieline/control-plane';
import { jsonable } from '@tieline/protocol';
import type { ControlledRun } from './controlled-run.ts';
import { eventWords, type ScenarioEvent } from './events/index.ts';

/** One thing that happened in a run with control. Times are ms after the scenario began. */
export type Happening =
  /** The timeline of the scenario. */
  | {
      readonly atMs: number;
      readonly type: 'event';
      readonly site: string | null;
      readonly what: string;
    }
  /** What an agent put on record: rungs of commands, refusals, what it noticed of its devices. */
  | {
      readonly atMs: number;
      readonly type: 'record';
      readonly site: string;
      readonly seq: number;
      readonly kind: string;
      readonly actor: string;
      readonly subject: string;
      readonly body: unknown;
    }
  /** What the control plane says: of agents, commands, models; its alarms. */
  | ({ readonly atMs: number } & ControlEvent);

/** As many as are kept of a run, which may last a year; the first ones, and how many more there were. */
export const HAPPENINGS_MAX = 20_000;

/** Inputs and states of the control law, some a minute: they are there for the replay, and nothing happened. */
const OF_REPLAY = /^control_/;

/** Keeps what happens in a run, in the order of simulated time. */
export class Happenings {
  readonly kept: Happening[] = [];
  leftOut = 0;
  readonly #run: ControlledRun;
  readonly #startMs: number;
  /** Of each site's log, how much was read. */
  readonly #read = new Map<string, number>();

  constructor(run: ControlledRun, startMs: number) {
    this.#run = run;
    this.#startMs = startMs;
  }

  event(event: ScenarioEvent): void {
    this.look();
    const { site, what } = eventWords(event);
    this.#keep({ atMs: this.#nowMs(), type: 'event', site, what });
  }

  heard(event: ControlEvent): void {
    // What an agent did before it was heard of stands before it.
    this.look();
    this.#keep({ atMs: this.#nowMs(), ...event });
  }

  /** Reads what is new in the agents' logs. Once a second or oftener: that is how well its times are known. */
  look(): void {
    for (const [site, log] of this.#run.logs) {
      const { size } = log;
      const from = this.#read.get(site) ?? 0;
      if (size === from) continue;
      this.#read.set(site, size);
      for (const record of log.records(Math.max(from, log.first), size)) this.#record(site, record);
    }
  }

  #record(site: string, { seq, kind, actor, subject, body }: AuditRecord): void {
    if (OF_REPLAY.test(kind)) return;
    const atMs = this.#nowMs();
    this.#keep({ atMs, type: 'record', site, seq, kind, actor, subject, body: jsonable(body) });
  }

  #keep(happening: Happening): void {
    if (this.kept.length < HAPPENINGS_MAX) this.kept.push(happening);
    else this.leftOut += 1;
  }

  #nowMs(): number {
    return this.#run.world.wallMs() - this.#startMs;
  }
}
