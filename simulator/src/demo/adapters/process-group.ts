import { Child } from './child.ts';

const LOGS_KEPT = 200;
const LOGS_TOLD = 5;

/** Processes that stand and fall together. */
export class ProcessGroup {
  readonly #children: Child[] = [];
  readonly #logs: string[] = [];
  #failure: string | null = null;

  /** Why one of them ended by itself, with the last lines of all logs; null while all stand. */
  get failure(): string | null {
    return this.#failure;
  }

  start(
    name: string,
    main: string,
    args: readonly string[],
    says: { readonly ready: boolean; readonly onLine?: (line: string) => void },
  ): Child {
    const child = new Child({
      name,
      main,
      args,
      saysReady: says.ready,
      ...(says.onLine === undefined ? {} : { onLine: says.onLine }),
      onLog: (line) => {
        this.#logs.push(line);
        this.#logs.splice(0, this.#logs.length - LOGS_KEPT);
      },
      onFailure: (sentence) => {
        this.#failure ??= [sentence, ...this.#logs.slice(-LOGS_TOLD)].join('\n  ');
      },
    });
    this.#children.push(child);
    return child;
  }

  /** Ends the newest first: agents before what they talk to. */
  async stop(): Promise<void> {
    for (const child of this.#children.toReversed()) await child.stop();
  }
}
