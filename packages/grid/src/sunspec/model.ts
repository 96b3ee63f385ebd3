import { assert } from '@tieline/kernel';

/** Register types of the models that Tieline speaks; a register is 16 bits, most significant word first. */
export type PointType =
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'uint64'
  | 'acc32'
  | 'enum16'
  | 'bitfield16'
  | 'bitfield32'
  | 'sunssf'
  | 'string'
  | 'pad';

/** How many registers each type takes; a string says its own. */
const REGISTERS: Readonly<Record<Exclude<PointType, 'string'>, number>> = {
  int16: 1,
  uint16: 1,
  int32: 2,
  uint32: 2,
  uint64: 4,
  acc32: 2,
  enum16: 1,
  bitfield16: 1,
  bitfield32: 2,
  sunssf: 1,
  pad: 1,
};

export interface PointDefinition {
  readonly type: PointType;
  /** Registers, of a string. */
  readonly size?: number;
  /** The point of the same model whose value is the power of ten to multiply by. */
  readonly scale?: string;
  readonly units?: string;
  readonly writable?: true;
  readonly symbols?: Readonly<Record<string, number>>;
}

export type Points = Readonly<Record<string, PointDefinition>>;

export interface PlacedPoint extends PointDefinition {
  readonly name: string;
  /** Registers from the model's ID register. */
  readonly offset: number;
  readonly size: number;
}

/** A model's register map; `P` makes the names of its points known to the compiler. */
export interface ModelDefinition<P extends Points = Points> {
  readonly id: number;
  /** What the L register says: registers after ID and L. */
  readonly length: number;
  readonly points: ReadonlyMap<string, PlacedPoint>;
  /** The points as declared. */
  readonly declared: P;
}

export type PointName<M extends ModelDefinition> = keyof M['declared'] & string;

/** Places points one after another behind ID and L, which every model begins with. */
export function defineModel<const P extends Points>(id: number, declared: P): ModelDefinition<P> {
  const points = new Map<string, PlacedPoint>();
  let offset = 2;
  for (const [name, point] of Object.entries<PointDefinition>(declared)) {
    const size = point.type === 'string' ? (point.size ?? 0) : REGISTERS[point.type];
    assert(size > 0, `${name} of model ${id} takes at least one register`);
    points.set(name, { ...point, name, offset, size });
    offset += size;
  }
  for (const point of points.values()) {
    const scale = point.scale === undefined ? undefined : points.get(point.scale);
    assert(
      point.scale === undefined || scale?.type === 'sunssf',
      `${point.name} of model ${id} has a scale factor in its model`,
    );
  }
  return { id, length: offset - 2, points, declared };
}
