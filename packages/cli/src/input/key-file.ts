import {
  type HeldKey,
  KeyFileError,
  keyFileIdentity,
  openKeyFile,
  openServiceKeyFile,
} from '@tieline/protocol';
import { CliError, EXIT, usageError } from '../exit.ts';
import type { World } from '../world.ts';
import { jsonOf, nameOf, textOf } from './files.ts';
import { passphraseOf } from './passphrase.ts';

export const KEY_FILE_BYTES_MAX = 16_384;

/**
 * Opens a key to sign with: a person's, sealed by a passphrase, or a service's, which is not sealed.
 * @throws {CliError} usage for what is no key file; exit 4 for a wrong passphrase
 */
export async function openKey(
  world: World,
  path: string,
  passphraseFile: string | undefined,
): Promise<HeldKey> {
  const text = textOf(path, await world.read(path, KEY_FILE_BYTES_MAX));
  try {
    // Before a passphrase is asked for in vain.
    keyFileIdentity(text);
    if (isServiceKey(path, text)) return openServiceKeyFile(text);
    return openKeyFile(text, await passphraseOf(world, path, passphraseFile));
  } catch (thrown) {
    if (thrown instanceof KeyFileError) throw keyFileProblem(path, thrown);
    throw thrown;
  }
}

function isServiceKey(path: string, text: string): boolean {
  const file = jsonOf(path, text);
  return (
    typeof file === 'object' &&
    file !== null &&
    'schema' in file &&
    file.schema === 'tieline.service-key/1'
  );
}

export function keyFileProblem(path: string, error: KeyFileError): CliError {
  const { failure } = error;
  switch (failure.code) {
    case 'key_file_malformed':
      return usageError(`${nameOf(path)} is not a key file`, [
        ['place', failure.place],
        ['reason', failure.reason],
      ]);
    case 'key_file_passphrase_wrong':
      return new CliError(EXIT.signature, {
        code: failure.code,
        what: `The passphrase does not open ${nameOf(path)}`,
      });
    case 'key_file_contradicts_itself':
      return new CliError(EXIT.signature, {
        code: failure.code,
        what: `${nameOf(path)} contradicts itself`,
        facts: [['place', `${failure.place} is not what the sealed secret says`]],
      });
  }
}
