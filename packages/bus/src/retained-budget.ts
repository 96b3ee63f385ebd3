/**
 * Counts what the retained store holds, so that it can be refused before it grows past its bounds: aedes keeps
 * it in memory and sets none.
 */
export class RetainedBudget {
  readonly #topicsMax: number;
  readonly #bytesMax: number;
  readonly #bytesByTopic = new Map<string, number>();
  #bytes = 0;

  constructor(bounds: { topicsMax: number; bytesMax: number }) {
    this.#topicsMax = bounds.topicsMax;
    this.#bytesMax = bounds.bytesMax;
  }

  /** Takes room for the newest message of a topic; an empty one gives it back. False, and nothing taken, when full. */
  take(topic: string, bytes: number): boolean {
    const heldBytes = this.#bytesByTopic.get(topic);
    if (bytes === 0) {
      this.#bytes -= heldBytes ?? 0;
      this.#bytesByTopic.delete(topic);
      return true;
    }
    const wanted = this.#bytes + bytes - (heldBytes ?? 0);
    if (wanted > this.#bytesMax) return false;
    if (heldBytes === undefined && this.#bytesByTopic.size >= this.#topicsMax) return false;
    this.#bytesByTopic.set(topic, bytes);
    this.#bytes = wanted;
    return true;
  }
}
