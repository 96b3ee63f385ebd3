/**
 * Randomness as a port: named streams, so that a new consumer cannot disturb an old one.
 * Keys, nonces, ids, jitter and noise all come from here.
 */
export interface Rng {
  /** The stream of that name; the same name gives the same stream object. */
  stream(name: string): RandomStream;
}

export interface RandomStream {
  bytes(count: number): Uint8Array;
  /** Uniform in [0, 1), 32 bits. */
  uniform(): number;
  /** Uniform integer in [0, exclusiveMax). */
  below(exclusiveMax: number): number;
  /** Normal with mean 0 and standard deviation 1 (Box–Muller). */
  normal(): number;
}

/** Builds the rest of a stream from a source of 32-bit words. */
export function streamFromWords(word: () => number): RandomStream {
  const uniform = (): number => word() / 4_294_967_296;
  return {
    uniform,
    bytes(count) {
      const bytes = new Uint8Array(count);
      for (let at = 0; at < count; at += 4) {
        const bits = word();
        for (let k = 0; k < 4 && at + k < count; k += 1) bytes[at + k] = (bits >>> (8 * k)) & 0xff;
      }
      return bytes;
    },
    below: (exclusiveMax) => Math.floor(uniform() * exclusiveMax),
    normal() {
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      return radius * Math.cos(2 * Math.PI * uniform());
    },
  };
}
