import type { World } from '../world.ts';

/** One versioned object, one line: what `--json` promises, for a whole answer and for each line of a stream. */
export function printJson(world: World, object: { readonly schema: string }): void {
  world.stdout.write(`${JSON.stringify(object)}\n`);
}
