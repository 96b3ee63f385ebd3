import { usageError } from '../exit.ts';
import type { World } from '../world.ts';
import { nameOf, textOf } from './files.ts';

const PASSPHRASE_FILE_BYTES_MAX = 4_096;
/** NIST SP 800-63B, 5.1.1.2: eight is the least; what is sealed lies on a disk and can be tried at leisure. */
const PASSPHRASE_CHARACTERS_MIN = 8;

/** A passphrase for a new key: from a file, or asked for twice. @throws {CliError} usage */
export async function newPassphrase(world: World, file: string | undefined): Promise<string> {
  const passphrase =
    file === undefined ? await asked(world, 'New passphrase: ') : await fromFile(world, file);
  if ([...passphrase].length < PASSPHRASE_CHARACTERS_MIN) {
    throw usageError('The passphrase is too short', [
      ['wanted', `${PASSPHRASE_CHARACTERS_MIN} characters or more`],
    ]);
  }
  if (file === undefined && (await asked(world, 'The same again: ')) !== passphrase) {
    throw usageError('The two passphrases differ; nothing was written');
  }
  return passphrase;
}

/** The passphrase of a key that exists. @throws {CliError} usage */
export async function passphraseOf(
  world: World,
  keyPath: string,
  file: string | undefined,
): Promise<string> {
  if (file !== undefined && file === '-' && keyPath === '-') {
    throw usageError('Key and passphrase cannot both come from standard input');
  }
  if (file !== undefined) return await fromFile(world, file);
  return await asked(world, `Passphrase of ${nameOf(keyPath)}: `);
}

async function asked(world: World, prompt: string): Promise<string> {
  const typed = await world.askSecret(prompt);
  if (typed !== null) return typed;
  throw usageError('There is no terminal to ask for the passphrase at', [
    ['wanted', '--passphrase-file FILE, or --passphrase-file - to read standard input'],
  ]);
}

/** The first line: a trailing line break belongs to the file, not to the passphrase. */
async function fromFile(world: World, path: string): Promise<string> {
  const text = textOf(path, await world.read(path, PASSPHRASE_FILE_BYTES_MAX));
  const [first = '', ...more] = text.replace(/\r?\n$/, '').split(/\r?\n/);
  if (more.length > 0 || first === '') {
    throw usageError(`${nameOf(path)} holds no passphrase`, [['wanted', 'exactly one line']]);
  }
  return first;
}
