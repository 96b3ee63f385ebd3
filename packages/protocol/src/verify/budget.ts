import { assert } from '@tieline/kernel';

/** Verifying a signature is the dearest thing that a stranger can make us do. */
const BURST = 40;
const PER_SECOND = 20;
/** Topics reach the budget only under a key that is trusted for their site, so this is never met honestly. */
const TOPICS_MAX = 8_192;

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * A token bucket for each topic. It is the only thing that a message without a proven author may change, and it
 * is not kept across restarts.
 */
export class VerificationBudget {
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param burst  verifications at once; `perSecond` afterwards */
  constructor(burst = BURST, perSecond = PER_SECOND) {
    assert(burst >= 1 && perSecond > 0, 'a budget allows something');
    this.#burst = burst;
    this.#perSecond = perSecond;
  }

  /** Takes one verification on this topic. @param nowMs  monotonic */
  spend(topic: string, nowMs: number): boolean {
    const bucket = this.#bucket(topic, nowMs);
    if (bucket === null) return false;
    const elapsedMs = Math.max(0, nowMs - bucket.atMs);
    bucket.tokens = Math.min(this.#burst, bucket.tokens + (elapsedMs / 1_000) * this.#perSecond);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  #bucket(topic: string, nowMs: number): Bucket | null {
    const known = this.#buckets.get(topic);
    if (known !== undefined) return known;
    if (this.#buckets.size >= TOPICS_MAX) return null;
    const fresh = { tokens: this.#burst, atMs: nowMs };
    this.#buckets.set(topic, fresh);
    return fresh;
  }
}
