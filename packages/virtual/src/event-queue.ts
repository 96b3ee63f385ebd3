/** Something that happens at a virtual time. */
export interface VirtualEvent {
  readonly dueMs: number;
  /** Drawn from the seed: orders events of one time, so that no code comes to rest on an accident of order. */
  readonly tie: number;
  /** Order of insertion: the last resort. */
  readonly place: number;
  /** `null` once it has happened or was called off. */
  fire: (() => void) | null;
}

/** Called-off events above which the queue is swept; sleeps with long ends are called off by the thousand. */
const SWEEP_MIN = 1_024;

/** A binary heap of events, earliest first. */
export class EventQueue {
  #heap: VirtualEvent[] = [];
  #calledOff = 0;

  push(event: VirtualEvent): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above]!;
      if (isBefore(parent, event)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = event;
  }

  /** The next event that was not called off. */
  peek(): VirtualEvent | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.fire !== null) return first;
      this.#calledOff -= 1;
      this.#removeFirst();
    }
  }

  pop(): VirtualEvent | undefined {
    const first = this.peek();
    if (first !== undefined) this.#removeFirst();
    return first;
  }

  /** It will not happen. */
  callOff(event: VirtualEvent): void {
    if (event.fire === null) return;
    event.fire = null;
    this.#calledOff += 1;
    if (this.#calledOff < SWEEP_MIN || this.#calledOff * 2 < this.#heap.length) return;
    const left = this.#heap.filter((each) => each.fire !== null);
    this.#heap = [];
    this.#calledOff = 0;
    for (const each of left) this.push(each);
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    const length = heap.length;
    if (length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= length) break;
      if (below + 1 < length && isBefore(heap[below + 1]!, heap[below]!)) below += 1;
      const child = heap[below]!;
      if (isBefore(last, child)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
  }
}

function isBefore(a: VirtualEvent, b: VirtualEvent): boolean {
  if (a.dueMs !== b.dueMs) return a.dueMs < b.dueMs;
  if (a.tie !== b.tie) return a.tie < b.tie;
  return a.place < b.place;
}
