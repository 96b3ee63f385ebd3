import { assert } from './error.ts';

/** Nothing is let through for names beyond these: strangers may choose them. */
const NAMES_MAX = 8_192;

interface Bucket {
  tokens: number;
  atMs: number;
}

/** A token bucket for each name: lets `burst` through at once, and `perS` a second in the long run. */
export class TokenBuckets {
  readonly #burst: number;
  readonly #perS: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(burst: number, perS: number) {
    assert(burst >= 1 && perS > 0, 'a bucket lets something through');
    this.#burst = burst;
    this.#perS = perS;
  }

  /** Takes a token; false where none is left. @param nowMs  monotonic */
  spend(name: string, nowMs: number): boolean {
    const bucket = this.#bucket(name, nowMs);
    if (bucket === null) return false;
    const elapsedMs = Math.max(0, nowMs - bucket.atMs);
    bucket.tokens = Math.min(this.#burst, bucket.tokens + (elapsedMs / 1_000) * this.#perS);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  #bucket(name: string, nowMs: number): Bucket | null {
    const known = this.#buckets.get(name);
    if (known !== undefined) return known;
    if (this.#buckets.size >= NAMES_MAX) return null;
    const fresh = { tokens: this.#burst, atMs: nowMs };
    this.#buckets.set(name, fresh);
    return fresh;
  }
}
