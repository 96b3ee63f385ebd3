import { messageOf } from '@tieline/kernel';
import { z } from 'zod';
import { GridError } from './error.ts';

export const FEEDER_BYTES_MAX = 8 * 1024 * 1024;
const BUSES_MAX = 10_000;
export const BRANCHES_MAX = 20_000;

const Name = z.string().min(1).max(64);
const PowerKw = z.number().min(-1e6).max(1e6);
const ImpedanceOhm = z.number().min(0).max(1e6);

const Share = z.number().min(0).max(1);
/** How a load follows its voltage: shares of constant impedance, current and power. */
export const LoadZip = z
  .strictObject({ z: Share, i: Share, p: Share })
  .refine((zip) => Math.abs(zip.z + zip.i + zip.p - 1) < 1e-6, 'z, i and p do not add up to 1');
export type LoadZip = z.output<typeof LoadZip>;

export const FeederBus = z.strictObject({
  id: Name,
  /** What the bus draws at 1 per unit; negative where it feeds the grid. */
  loadKw: z.exactOptional(PowerKw),
  loadKvar: z.exactOptional(PowerKw),
  /** Constant power without it. */
  zip: z.exactOptional(LoadZip),
});

export const FeederBranch = z.strictObject({
  id: Name,
  from: Name,
  to: Name,
  rOhm: ImpedanceOhm,
  xOhm: ImpedanceOhm,
  /** A branch is closed unless it says otherwise; an open one is a tie. */
  closed: z.exactOptional(z.boolean()),
  ratedA: z.exactOptional(z.number().positive().max(1e6)),
  /** The rating is somebody's assumption, not the feeder's data. */
  ratingAssumed: z.exactOptional(z.boolean()),
});

const FeederShape = z.strictObject({
  name: Name,
  source: z.exactOptional(z.string().max(1_000)),
  /** Line to line. */
  baseKv: z.number().positive().max(1_000),
  slack: z.strictObject({ bus: Name, voltagePu: z.number().min(0.5).max(1.5) }),
  buses: z.array(FeederBus).min(1).max(BUSES_MAX),
  branches: z.array(FeederBranch).max(BRANCHES_MAX),
});

/**
 * A balanced three-phase feeder with one source: the shape, and that every name is single and known.
 * Series impedance only (no shunt charging, no regulators), as published distribution test feeders have it.
 */
export const Feeder = FeederShape.superRefine((feeder, context) => {
  const complain = (path: (string | number)[], message: string): void => {
    context.addIssue({ code: 'custom', path, message });
  };
  const buses = new Set<string>();
  feeder.buses.forEach((bus, at) => {
    if (buses.has(bus.id)) complain(['buses', at, 'id'], `doubled bus "${bus.id}"`);
    buses.add(bus.id);
  });
  if (!buses.has(feeder.slack.bus)) {
    complain(['slack', 'bus'], `unknown bus "${feeder.slack.bus}"`);
  }
  const branches = new Set<string>();
  feeder.branches.forEach((branch, at) => {
    const place = ['branches', at];
    if (branches.has(branch.id)) complain([...place, 'id'], `doubled branch "${branch.id}"`);
    branches.add(branch.id);
    for (const end of ['from', 'to'] as const) {
      if (!buses.has(branch[end])) complain([...place, end], `unknown bus "${branch[end]}"`);
    }
    if (branch.from === branch.to) complain([...place, 'to'], 'both ends at one bus');
    if (branch.ratingAssumed === true && branch.ratedA === undefined) {
      complain([...place, 'ratingAssumed'], 'no ratedA that could be assumed');
    }
  });
});
export type Feeder = Readonly<z.output<typeof Feeder>>;
export type FeederBus = z.output<typeof FeederBus>;
export type FeederBranch = z.output<typeof FeederBranch>;

/**
 * Reads a feeder file.
 *
 * @throws {GridError} feeder_too_large | feeder_not_json | feeder_invalid with a place and its reason
 */
export function parseFeeder(text: string): Feeder {
  const bytes = Buffer.byteLength(text);
  if (bytes > FEEDER_BYTES_MAX) {
    throw new GridError({ code: 'feeder_too_large', bytes, bytesMax: FEEDER_BYTES_MAX });
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (thrown) {
    throw new GridError({ code: 'feeder_not_json', reason: messageOf(thrown) });
  }
  return checkFeeder(parsed);
}

/** @throws {GridError} feeder_invalid with a place and its reason */
export function checkFeeder(value: unknown): Feeder {
  const result = Feeder.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  // A misspelt key is both one that is missing and one that is unknown: the latter says which.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  const place = issue === undefined ? '' : placeOf(issue.path);
  const reason = issue === undefined ? 'invalid' : issue.message;
  throw new GridError({ code: 'feeder_invalid', place, reason });
}

/**
 * The feeder with some branches switched: `true` closes, `false` opens.
 *
 * @throws {GridError} branch_unknown
 */
export function switched(feeder: Feeder, states: ReadonlyMap<string, boolean>): Feeder {
  const known = new Set(feeder.branches.map((branch) => branch.id));
  for (const branch of states.keys()) {
    if (!known.has(branch)) throw new GridError({ code: 'branch_unknown', branch });
  }
  const branches = feeder.branches.map((branch) => {
    const closed = states.get(branch.id);
    return closed === undefined ? branch : { ...branch, closed };
  });
  return { ...feeder, branches };
}

/** `branches[3].rOhm`; the whole file is `(file)`. */
function placeOf(path: readonly PropertyKey[]): string {
  const place = path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('');
  return place === '' ? '(file)' : place.replace(/^\./, '');
}
