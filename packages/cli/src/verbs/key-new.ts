import { utf8 } from '@tieline/kernel';
import { keyFileIdentity, Principal, sealKeyFile } from '@tieline/protocol';
import { EXIT, usageError } from '../exit.ts';
import { newPassphrase } from '../input/passphrase.ts';
import { shaped } from '../input/shape.ts';
import type { keyNew } from '../table/key.ts';
import type { Verb } from '../table/spec.ts';
import { printKeyFacts } from './key-show.ts';

const KEY_FILE_MODE = 0o600;
const SEED_BYTES = 32;

export const run: Verb<typeof keyNew> = async ({ flags, global, world }) => {
  const principal = shaped('--principal', flags.principal, 'a principal', Principal);
  if (await world.exists(flags.out)) {
    throw usageError(`${flags.out} exists already, and nothing is overwritten`);
  }
  const passphrase = await newPassphrase(world, flags['passphrase-file']);
  const random = (await world.rng()).stream('key');
  const text = sealKeyFile({ principal, seed: random.bytes(SEED_BYTES) }, passphrase, random);
  await world.create(flags.out, [utf8(text)], KEY_FILE_MODE);
  if (!global.quiet) world.stderr.write(`✓ ${flags.out} written, mode 0600\n`);
  printKeyFacts(world, keyFileIdentity(text), global.json);
  return EXIT.ok;
};
