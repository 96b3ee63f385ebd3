/** Work that shares devices and state, one piece behind the other. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Runs `step` once everything before it has ended; ends, or fails, as it does. */
  take(step: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(step);
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Resolves when everything taken so far has ended. */
  settled(): Promise<void> {
    return this.#last;
  }
}

/** Work that nobody waits for: one run at a time, and one more where it was asked for meanwhile. */
export class Errand {
  readonly #work: () => Promise<void>;
  readonly #failed: (cause: unknown) => void;
  #running: Promise<void> | null = null;
  #again = false;

  constructor(work: () => Promise<void>, failed: (cause: unknown) => void) {
    this.#work = work;
    this.#failed = failed;
  }

  ask(): void {
    if (this.#running === null) this.#running = this.#run();
    else this.#again = true;
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      do {
        this.#again = false;
        await this.#work();
      } while (this.#again);
    } catch (cause) {
      this.#failed(cause);
    } finally {
      this.#running = null;
    }
  }
}
