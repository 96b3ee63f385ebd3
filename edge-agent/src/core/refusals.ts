import type { VerifyError } from '@tieline/protocol';
import type { Recorder } from './recorder.ts';
import type { Session } from './session.ts';

/** What proves no author enters the log this often at most, per code. */
const ANONYMOUS_EVERY_MS = 60_000;

/**
 * What was refused without a proven author: counted by code, and at most one audit record per code and
 * minute, so that a flood can neither wear the flash nor fill the log.
 */
export class Refusals {
  readonly #recorder: Recorder;
  readonly #session: Session;
  readonly #counts = new Map<string, number>();
  readonly #recordedMs = new Map<string, number>();

  constructor(recorder: Recorder, session: Session) {
    this.#recorder = recorder;
    this.#session = session;
  }

  /** By code, since boot. */
  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }

  count(code: string): void {
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1);
  }

  /** True when this one is to be recorded; call `record` in a transaction then. */
  noteAnonymous(error: VerifyError): boolean {
    const { code } = error.failure;
    this.count(code);
    const nowMs = this.#session.sessionMs();
    const last = this.#recordedMs.get(code);
    if (last !== undefined && nowMs - last < ANONYMOUS_EVERY_MS) return false;
    this.#recordedMs.set(code, nowMs);
    return true;
  }

  record(error: VerifyError, topic: string): void {
    const { code, step, facts } = error.failure;
    this.#recorder.append({
      actor: 'unproven',
      kind: 'message_refused',
      subject: topic.slice(0, 200),
      body: { code, step, facts: { ...facts }, countSinceBoot: this.#counts.get(code) ?? 0 },
    });
  }
}
