import { randomBytes } from 'node:crypto';
import { type RandomStream, type Rng, streamFromWords } from '../rng.ts';

/** Cryptographic randomness of the operating system; the names of streams are of no consequence. */
export function systemRng(): Rng {
  const stream: RandomStream = {
    ...streamFromWords(() => randomBytes(4).readUInt32LE()),
    bytes: (count) => new Uint8Array(randomBytes(count)),
  };
  return { stream: () => stream };
}
