import { Child, type ProcessEnd } from './child.ts';

/** Processes that stand and fall together. */
export class ProcessGroup {
  readonly #children: Child[] = [];
  readonly #onEnded: (end: ProcessEnd) => void;
  #ended: ProcessEnd | null = null;
  /** Processes of their own groups would outlive one that is ended in a hurry. */
  readonly #onExit = (): void => {
    for (const child of this.#children) child.killNow();
  };

  /** @param onEnded  hears of the first that ends by itself, or in another way than it was asked to */
  constructor(onEnded: (end: ProcessEnd) => void = () => {}) {
    this.#onEnded = onEnded;
    process.on('exit', this.#onExit);
  }

  /** The first that ended so; null while there is none. */
  get ended(): ProcessEnd | null {
    return this.#ended;
  }

  start(program: Omit<ConstructorParameters<typeof Child>[0], 'onEnded'>): Child {
    const child = new Child({
      ...program,
      onEnded: (end) => {
        if (this.#ended !== null) return;
        this.#ended = end;
        this.#onEnded(end);
      },
    });
    this.#children.push(child);
    return child;
  }

  /** Ends the newest first: agents before what they talk to. */
  async stop(): Promise<void> {
    for (const child of this.#children.toReversed()) await child.stop();
    process.off('exit', this.#onExit);
  }
}
