import { assert } from './error.ts';

/** First in, first out, never more than `capacity`: what does not fit is the caller's to count. */
export class BoundedQueue<T> {
  readonly capacity: number;
  /** A ring of `capacity` places. One is emptied with its item, which may be large. */
  readonly #ring: (T | undefined)[] = [];
  #head = 0;
  #size = 0;

  constructor(capacity: number) {
    assert(Number.isInteger(capacity) && capacity > 0, 'a queue holds at least one item');
    this.capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** False, and nothing stored, when full. */
  offer(item: T): boolean {
    if (this.#size >= this.capacity) return false;
    this.#ring[(this.#head + this.#size) % this.capacity] = item;
    this.#size += 1;
    return true;
  }

  /** Stores the item; gives back the oldest one where it had to make room. */
  offerEvicting(item: T): T | undefined {
    const evicted = this.#size >= this.capacity ? this.take() : undefined;
    this.offer(item);
    return evicted;
  }

  take(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.capacity;
    this.#size -= 1;
    return item;
  }

  peek(): T | undefined {
    return this.#ring[this.#head];
  }
}
