import type { PointValue, Values } from '@tieline/grid';
import {
  decodePoint,
  encodePoints,
  GridError,
  type ModelDefinition,
  type PointName,
  walk,
} from '@tieline/grid';
import { assert } from '@tieline/kernel';
import { DeviceError } from './device-error.ts';
import type { DueMs, ModbusLink } from './modbus-link.ts';
import { planReads, type RegisterRange, splitRange } from './read-plan.ts';

/** Points of one model that are read every cycle, or that may be written. */
export interface PointSelection<M extends ModelDefinition = ModelDefinition> {
  readonly model: M;
  readonly names: readonly PointName<M>[];
}

interface Block {
  readonly address: number;
  /** The model's registers as last read, from its ID on; scale factors among them. */
  readonly registers: Uint16Array;
}

/**
 * A SunSpec device on an open connection: where its models are, and their registers as last read. Every
 * register is read once at the start; a cycle then reads only what changes.
 */
export class SunSpecSession {
  readonly link: ModbusLink;
  readonly #blocks: ReadonlyMap<number, Block>;
  readonly #plan: readonly RegisterRange[];
  readonly #writable: readonly PointSelection[];

  private constructor(
    link: ModbusLink,
    blocks: ReadonlyMap<number, Block>,
    cyclic: readonly PointSelection[],
    writable: readonly PointSelection[],
  ) {
    this.link = link;
    this.#blocks = blocks;
    this.#writable = writable;
    this.#plan = planReads(
      cyclic.flatMap(({ model, names }) => names.map((name) => this.#rangeOf(model, name))),
    );
  }

  /**
   * Walks the device's models and reads each that `models` names once.
   *
   * @throws {DeviceError} as `ModbusLink`; implausible where it is no SunSpec device or lacks a model
   */
  static async discover(
    link: ModbusLink,
    models: readonly ModelDefinition[],
    cyclic: readonly PointSelection[],
    writable: readonly PointSelection[],
    dueMs: DueMs,
  ): Promise<SunSpecSession> {
    const found = await walk(readerOf(link, dueMs)).catch((thrown: unknown) => {
      if (!(thrown instanceof GridError)) throw thrown;
      throw new DeviceError('implausible', thrown.message, { cause: thrown });
    });
    const blocks = new Map<number, Block>();
    for (const model of models) {
      const at = found.find((block) => block.id === model.id);
      if (at === undefined) {
        const has = found.map((block) => block.id).join(', ');
        throw new DeviceError('implausible', `has no model ${model.id}, only ${has}`);
      }
      const registers = new Uint16Array(at.length + 2);
      for (const { address, count } of splitRange({ ...at, count: registers.length })) {
        registers.set(await link.read(address, count, dueMs), address - at.address);
      }
      blocks.set(model.id, { address: at.address, registers });
    }
    return new SunSpecSession(link, blocks, cyclic, writable);
  }

  /** Reads what changes from cycle to cycle. @throws {DeviceError} as `ModbusLink.read` */
  async refresh(dueMs: DueMs): Promise<void> {
    for (const { address, count } of this.#plan) {
      const words = await this.link.read(address, count, dueMs);
      for (const block of this.#blocks.values()) {
        const from = Math.max(address, block.address);
        const end = Math.min(address + count, block.address + block.registers.length);
        if (from >= end) continue;
        block.registers.set(words.subarray(from - address, end - address), from - block.address);
      }
    }
  }

  /** A point as last read. @throws {DeviceError} implausible where its scale factor is none */
  value<M extends ModelDefinition>(model: M, name: PointName<M>): PointValue {
    try {
      return decodePoint(model, this.#block(model).registers, name);
    } catch (thrown) {
      if (!(thrown instanceof GridError)) throw thrown;
      throw new DeviceError('implausible', thrown.message, { cause: thrown });
    }
  }

  /** A point that must be there, as a number. @throws {DeviceError} implausible */
  number<M extends ModelDefinition>(model: M, name: PointName<M>): number {
    const value = this.value(model, name);
    if (typeof value === 'number') return value;
    throw new DeviceError('implausible', `model ${model.id} has no ${name}`);
  }

  /**
   * Writes points, neighbours in one request, in the order of their addresses.
   *
   * @throws {DeviceError} as `ModbusLink.write`; refused where a value does not fit its register
   */
  async write<M extends ModelDefinition>(model: M, values: Values<M>, dueMs: DueMs): Promise<void> {
    const names = Object.keys(values) as PointName<M>[];
    const allowed = this.#writable.find((each) => each.model.id === model.id)?.names ?? [];
    for (const name of names) {
      assert(
        allowed.includes(name),
        `${name} of model ${model.id} is on the list of what is written`,
      );
    }
    const { address, registers } = this.#block(model);
    const wanted = registers.slice();
    try {
      encodePoints(model, wanted, values);
    } catch (thrown) {
      if (!(thrown instanceof GridError)) throw thrown;
      throw new DeviceError('refused', thrown.message, { cause: thrown });
    }
    for (const run of neighbours(names.map((name) => this.#rangeOf(model, name)))) {
      const from = run.address - address;
      await this.link.write(run.address, wanted.subarray(from, from + run.count), dueMs);
    }
  }

  #block(model: ModelDefinition): Block {
    const block = this.#blocks.get(model.id);
    assert(block !== undefined, `model ${model.id} was discovered`);
    return block;
  }

  #rangeOf(model: ModelDefinition, name: string): RegisterRange {
    const point = model.points.get(name);
    assert(point !== undefined, `${name} is a point of model ${model.id}`);
    const block = this.#block(model);
    if (point.offset + point.size > block.registers.length) {
      throw new DeviceError('implausible', `its model ${model.id} ends before ${name}`);
    }
    return { address: block.address + point.offset, count: point.size };
  }
}

/** Ranges that touch, joined; nothing that lies between two is ever written. */
function neighbours(ranges: readonly RegisterRange[]): readonly RegisterRange[] {
  const runs: { address: number; count: number }[] = [];
  for (const { address, count } of [...ranges].sort((a, b) => a.address - b.address)) {
    const last = runs.at(-1);
    if (last !== undefined && last.address + last.count === address) last.count += count;
    else runs.push({ address, count });
  }
  return runs;
}

/** To the walk, a refused address is an answer: there is nothing. */
function readerOf(link: ModbusLink, dueMs: DueMs) {
  return async (address: number, count: number): Promise<Uint16Array | null> => {
    try {
      return await link.read(address, count, dueMs);
    } catch (thrown) {
      if (thrown instanceof DeviceError && thrown.code === 'refused') return null;
      throw thrown;
    }
  };
}
