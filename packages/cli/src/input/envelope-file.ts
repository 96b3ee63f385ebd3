import { fromHex } from '@tieline/kernel';
import { usageError } from '../exit.ts';
import type { World } from '../world.ts';
import { nameOf } from './files.ts';

/** Above every bound of a message; twice as much in a file of hex. */
const ENVELOPE_BYTES_MAX = 2 * 1_048_576;

/**
 * The bytes of a file that holds either them or their hex. No envelope is mistaken for hex: the first byte of one, a
 * CBOR tag or array, is no ASCII digit.
 */
export async function readEnvelope(world: World, path: string): Promise<Uint8Array> {
  const bytes = await world.read(path, ENVELOPE_BYTES_MAX);
  if (bytes.length === 0) throw usageError(`${nameOf(path)} is empty`);
  const isHex = bytes.every((byte) => HEX_OR_SPACE.has(byte));
  if (!isHex) return bytes;
  const text = new TextDecoder().decode(bytes).replaceAll(/\s/g, '');
  const unhexed = fromHex(text);
  if (unhexed !== null && unhexed.length > 0) return unhexed;
  throw usageError(`${nameOf(path)} is not whole hex`, [['reason', 'an odd number of digits']]);
}

const HEX_OR_SPACE: ReadonlySet<number> = new Set(
  [...'0123456789abcdefABCDEF \t\r\n'].map((sign) => sign.charCodeAt(0)),
);

/** Hex of a flag. @throws {CliError} usage */
export function hexFlag(name: string, text: string, bytesWanted?: number): Uint8Array {
  const bytes = fromHex(text);
  if (bytes !== null && (bytesWanted === undefined || bytes.length === bytesWanted)) return bytes;
  const wanted = bytesWanted === undefined ? 'hex' : `${bytesWanted} bytes of hex`;
  throw usageError(`${name} is not ${wanted}`);
}
