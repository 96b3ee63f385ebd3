import { type RandomStream, type Rng, streamFromWords } from './rng.ts';

/**
 * Reproducible randomness for simulation, training and tests. Never for keys of a real deployment.
 *
 * @param seed  any integer; equal seeds give equal streams on every platform
 * @source sfc32 by Chris Doty-Humphrey (PractRand); streams are seeded by FNV-1a over the name
 */
export function seededRng(seed: number): Rng {
  const streams = new Map<string, RandomStream>();
  return {
    stream(name) {
      let stream = streams.get(name);
      if (stream === undefined) {
        stream = streamFromWords(sfc32(seed, name));
        streams.set(name, stream);
      }
      return stream;
    },
  };
}

/** One 32-bit hash of integers: noise as a pure function of place and time, not of call order. */
export function hashWords(...words: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (const word of words) {
    hash = Math.imul(hash ^ (word >>> 0), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}

function sfc32(seed: number, name: string): () => number {
  let a = seed >>> 0;
  let b = Math.floor(seed / 4_294_967_296) >>> 0;
  let c = fnv1a(name);
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let warm = 0; warm < 15; warm += 1) next();
  return next;
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash;
}
