import type { Clock } from '@tieline/kernel';
import type { ClockState } from '@tieline/protocol';

/** After this long without a new attestation the wall clock is in holdover, ms. */
const TRUST_MS = 3_600_000;
/** A machine's clock drifts: after this long in holdover it is no better than none, ms. */
const HOLDOVER_MS = 24 * 3_600_000;
/** An answer that took longer than this tells the time too loosely, ms. */
const ROUND_TRIP_MAX_MS = 5_000;

export interface SessionNow {
  /** Whole ms since this boot, on the monotonic clock. */
  readonly sessionMs: number;
  /** Whole ms since the Unix epoch; believe it as far as `clock` says. */
  readonly wallMs: number;
  readonly clock: ClockState;
}

/**
 * One boot of an agent: its nonce, its own clock, and what it believes of the time outside. The session
 * clock is what commands are bound to; the wall clock only ever serves calendars.
 */
export class Session {
  /** The nonce that names this boot. */
  readonly sess: Uint8Array;
  readonly boot: number;
  readonly #clock: Clock;
  readonly #startedMs: number;
  /** Wall time minus session time, as attested; null before the first attestation. */
  #attested: { readonly offsetMs: number; readonly atMs: number } | null = null;
  #asked: { readonly nonce: Uint8Array; readonly atMs: number } | null = null;
  #digests: { policy?: Uint8Array; model?: Uint8Array } = {};

  constructor(clock: Clock, sess: Uint8Array, boot: number) {
    this.#clock = clock;
    this.#startedMs = clock.monotonicMs();
    this.sess = sess;
    this.boot = boot;
  }

  sessionMs(): number {
    return Math.floor(this.#clock.monotonicMs() - this.#startedMs);
  }

  now(): SessionNow {
    const sessionMs = this.sessionMs();
    const clock = this.#clockState(sessionMs);
    const wallMs =
      this.#attested === null
        ? Math.max(0, Math.floor(this.#clock.wallMs()))
        : this.#attested.offsetMs + sessionMs;
    return { sessionMs, wallMs, clock };
  }

  #clockState(sessionMs: number): ClockState {
    if (this.#attested === null) return 'untrusted';
    const ageMs = sessionMs - this.#attested.atMs;
    if (ageMs <= TRUST_MS) return 'trusted';
    return ageMs <= TRUST_MS + HOLDOVER_MS ? 'holdover' : 'untrusted';
  }

  /** Remembers a question for the time; only an answer to the newest one counts. */
  askTime(nonce: Uint8Array): void {
    this.#asked = { nonce, atMs: this.sessionMs() };
  }

  /**
   * Takes a verified answer. The time is what it was somewhere on the way: half the round trip is added.
   * @returns false, and nothing taken, for another nonce, a slow answer, or a time before `floorMs`
   */
  tellTime(nonce: Uint8Array, wallMs: number, floorMs: number): boolean {
    const asked = this.#asked;
    if (asked === null || Buffer.compare(asked.nonce, nonce) !== 0) return false;
    const sessionMs = this.sessionMs();
    const roundTripMs = sessionMs - asked.atMs;
    if (roundTripMs > ROUND_TRIP_MAX_MS || wallMs < floorMs) return false;
    this.#asked = null;
    const offsetMs = Math.round(wallMs + roundTripMs / 2) - sessionMs;
    this.#attested = { offsetMs, atMs: sessionMs };
    return true;
  }

  /** What is in force, stamped on every audit record. */
  digests(): { readonly policy?: Uint8Array; readonly model?: Uint8Array } {
    return this.#digests;
  }

  setDigest(kind: 'policy' | 'model', digest: Uint8Array | null): void {
    const { [kind]: _, ...others } = this.#digests;
    this.#digests = digest === null ? others : { ...others, [kind]: digest };
  }
}
