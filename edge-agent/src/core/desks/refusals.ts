import { clipText, type Logger } from '@tieline/kernel';
import type { VerifyError } from '@tieline/protocol';
import { type AgentStore, StoreError } from '../../ports/store.ts';
import type { Recorder } from '../log/recorder.ts';
import type { Session } from '../session.ts';

/** What proves no author enters the log this often at most, per code. */
const ANONYMOUS_EVERY_MS = 60_000;

export interface RefusalParts {
  readonly store: AgentStore;
  readonly recorder: Recorder;
  readonly session: Session;
  readonly logger: Logger;
}

/**
 * What was refused without a proven author: counted by code, and at most one audit record and one line of
 * the log per code and minute, so that a flood can neither wear the flash nor fill the log.
 */
export class Refusals {
  readonly #parts: RefusalParts;
  readonly #counts = new Map<string, number>();
  readonly #notedMs = new Map<string, number>();

  constructor(parts: RefusalParts) {
    this.#parts = parts;
  }

  /** By code, since boot. */
  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }

  count(code: string): void {
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1);
  }

  /** Counts, and is true where this one is to be put on record: once a minute. */
  noteOnceAMinute(code: string): boolean {
    this.count(code);
    const nowMs = this.#parts.session.sessionMs();
    const last = this.#notedMs.get(code);
    if (last !== undefined && nowMs - last < ANONYMOUS_EVERY_MS) return false;
    this.#notedMs.set(code, nowMs);
    return true;
  }

  /** A message that came on `topic` and proves no author. */
  refuse({ failure: { code, step, facts } }: VerifyError, topic: string): void {
    this.note(code, topic, { step, facts: { ...facts } });
  }

  /** The same for what fails otherwise than by a step of verifying. */
  note(
    code: string,
    topic: string,
    body: { readonly step?: number; readonly facts: Record<string, string | number | boolean> },
  ): void {
    if (!this.noteOnceAMinute(code)) return;
    const { recorder, logger } = this.#parts;
    const countSinceBoot = this.#counts.get(code) ?? 0;
    logger.warn('message_refused', { code, countSinceBoot });
    try {
      recorder.commit(() => {
        recorder.append({
          actor: 'unproven',
          kind: 'message_refused',
          subject: clipText(topic, 200),
          body: { code, ...body, countSinceBoot },
        });
      });
    } catch (thrown) {
      // It is refused all the same: a message that proves nothing must not pass for one that waits for the disk.
      if (!(thrown instanceof StoreError)) throw thrown;
      this.count(thrown.failure.code);
    }
  }
}
