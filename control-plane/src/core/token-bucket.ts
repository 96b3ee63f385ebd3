/** Lets bursts through up to `burst`, and `perS` a second in the long run. */
export class TokenBucket {
  readonly #burst: number;
  readonly #perS: number;
  #tokens: number;
  #atMs: number;

  constructor(burst: number, perS: number, nowMs: number) {
    this.#burst = burst;
    this.#perS = perS;
    this.#tokens = burst;
    this.#atMs = nowMs;
  }

  take(nowMs: number): boolean {
    const earned = ((nowMs - this.#atMs) / 1_000) * this.#perS;
    this.#tokens = Math.min(this.#burst, this.#tokens + Math.max(0, earned));
    this.#atMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
