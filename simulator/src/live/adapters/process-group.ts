import { Child } from './child.ts';

const LOGS_KEPT = 200;
const LOGS_TOLD = 5;

/** Processes that stand and fall together. */
export class ProcessGroup {
  readonly #children: Child[] = [];
  readonly #logs: string[] = [];
  readonly #onFailure: (sentence: string) => void;
  #failure: string | null = null;
  /** Processes of their own groups would outlive one that is ended in a hurry. */
  readonly #onExit = (): void => {
    for (const child of this.#children) child.killNow();
  };

  /** @param onFailure  hears of the first that ends by itself */
  constructor(onFailure: (sentence: string) => void = () => {}) {
    this.#onFailure = onFailure;
    process.on('exit', this.#onExit);
  }

  /** Why one of them ended by itself, with the last lines of all logs; null while all stand. */
  get failure(): string | null {
    return this.#failure;
  }

  start(
    name: string,
    main: string,
    args: readonly string[],
    says: { readonly ready: boolean },
  ): Child {
    const child = new Child({
      name,
      main,
      args,
      saysReady: says.ready,
      onLog: (line) => {
        this.#logs.push(line);
        this.#logs.splice(0, this.#logs.length - LOGS_KEPT);
      },
      onFailure: (sentence) => {
        if (this.#failure !== null) return;
        this.#failure = [sentence, ...this.#logs.slice(-LOGS_TOLD)].join('\n  ');
        this.#onFailure(this.#failure);
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
