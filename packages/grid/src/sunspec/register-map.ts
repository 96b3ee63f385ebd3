import { assert } from '@tieline/kernel';
import { GridError } from '../error.ts';
import type { Registers } from './codec.ts';

/** "SunS". */
const MARKER: readonly [number, number] = [0x5375, 0x6e53];
/** Where a device may keep its map, in the order in which they are tried. */
const BASE_ADDRESSES: readonly number[] = [40_000, 0, 50_000];
const END_MODEL = 0xffff;
/** More models than any device has; a chain that goes on is broken. */
const MODELS_MAX = 64;

/** A model found on a device. */
export interface ModelBlock {
  readonly id: number;
  /** Address of its ID register. */
  readonly address: number;
  /** What its L register says: registers after ID and L. */
  readonly length: number;
}

export interface RegisterImage {
  readonly base: number;
  readonly registers: Registers;
  /** The blocks in order, as views into `registers`: writing one writes the image. */
  readonly blocks: readonly { readonly block: ModelBlock; readonly registers: Registers }[];
}

/** The whole map at 40000: "SunS", the models one after another, the end model. */
export function buildImage(models: readonly Registers[]): RegisterImage {
  const base = 40_000;
  const size = models.reduce((sum, model) => sum + model.length, 4);
  assert(base + size <= 0x1_0000, 'a register map ends below address 65536');
  const registers = new Uint16Array(size);
  registers.set(MARKER);
  let at = 2;
  const blocks = models.map((model) => {
    registers.set(model, at);
    const view = registers.subarray(at, at + model.length);
    const block = { id: model[0]!, address: base + at, length: model.length - 2 };
    at += model.length;
    return { block, registers: view };
  });
  registers.set([END_MODEL, 0], at);
  return { base, registers, blocks };
}

/** Reads `count` holding registers; null where the device has no such address. Throws where it cannot ask. */
export type ReadRegisters = (address: number, count: number) => Promise<Registers | null>;

/**
 * Finds a device's models by walking their headers from the marker to the end model.
 *
 * @throws {GridError} sunspec_not_found | sunspec_chain_broken, and whatever `read` throws
 */
export async function walk(read: ReadRegisters): Promise<readonly ModelBlock[]> {
  for (const base of BASE_ADDRESSES) {
    const marker = await read(base, 2);
    if (marker?.[0] === MARKER[0] && marker[1] === MARKER[1]) return walkFrom(base + 2, read);
  }
  throw new GridError({ code: 'sunspec_not_found', tried: BASE_ADDRESSES });
}

async function walkFrom(start: number, read: ReadRegisters): Promise<readonly ModelBlock[]> {
  const blocks: ModelBlock[] = [];
  let address = start;
  const broken = (reason: string): GridError =>
    new GridError({ code: 'sunspec_chain_broken', address, reason });
  while (blocks.length <= MODELS_MAX) {
    if (address > 0xfffe) throw broken('runs past the last register');
    const header = await read(address, 2);
    if (header === null) throw broken('no such register');
    const [id, length] = header;
    if (id === undefined || length === undefined) throw broken('an answer too short');
    if (id === END_MODEL) return blocks;
    if (length === 0) throw broken(`model ${id} has no length`);
    blocks.push({ id, address, length });
    address += 2 + length;
  }
  throw broken(`more than ${MODELS_MAX} models`);
}
