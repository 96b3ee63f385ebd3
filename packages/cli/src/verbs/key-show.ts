import { KeyFileError, type KeyFileIdentity, keyFileIdentity } from '@tieline/protocol';
import { EXIT } from '../exit.ts';
import { textOf } from '../input/files.ts';
import { KEY_FILE_BYTES_MAX, keyFileProblem } from '../input/key-file.ts';
import type { keyShow } from '../table/key.ts';
import type { Verb } from '../table/spec.ts';
import { layoutFacts } from '../text/layout.ts';
import { printJson } from '../text/print.ts';
import type { World } from '../world.ts';

export const run: Verb<typeof keyShow> = async ({ operands, global, world }) => {
  const text = textOf(operands.file, await world.read(operands.file, KEY_FILE_BYTES_MAX));
  try {
    printKeyFacts(world, keyFileIdentity(text), global.json);
  } catch (thrown) {
    if (thrown instanceof KeyFileError) throw keyFileProblem(operands.file, thrown);
    throw thrown;
  }
  return EXIT.ok;
};

/** What anybody may know of a key. */
export function printKeyFacts(world: World, facts: KeyFileIdentity, asJson: boolean): void {
  const { principal, kid, publicKey } = facts;
  if (asJson) {
    printJson(world, { schema: 'tieline.key-facts/1', principal, kid, publicKey });
    return;
  }
  const rows = [
    ['principal', principal],
    ['key id', kid],
    ['public key', publicKey],
  ] as const;
  world.stdout.write(layoutFacts(rows, world.stdout.colour));
}
