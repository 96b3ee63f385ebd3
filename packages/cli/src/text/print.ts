import type { World } from '../world.ts';

/** A versioned object. */
export interface Answer {
  readonly schema: string;
  readonly [name: string]: unknown;
}

/** One versioned object, one line: what `--json` promises, for a whole answer and for each line of a stream. */
export function printJson(world: World, object: Answer): void {
  world.stdout.write(`${JSON.stringify(object)}\n`);
}
