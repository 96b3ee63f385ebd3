import { shellWord } from '@tieline/kernel';
import type { LivePlaces } from '@tieline/simulator';
import { type Fact, usageError } from '../exit.ts';
import type { simRun } from '../table/sim.ts';
import type { GlobalFlags, Invocation } from '../table/spec.ts';
import { layoutFacts } from '../text/layout.ts';
import { printJson } from '../text/print.ts';
import type { World } from '../world.ts';
import { parseCount } from './quantities.ts';

/** A process that starts takes a second or more, of which each is as many simulated ones. */
const RATE = 10;
const RATE_MAX = 60;
/** Of hundreds of devices a person reads the first; all are in the file. */
const DEVICES_SHOWN = 32;

/** How scenarios are played with real processes. */
export interface Live {
  /** Simulated seconds in a real one. */
  readonly rate: number;
  /** A new folder for the files of their deployments. */
  readonly keep?: string | undefined;
}

/** Undefined on virtual time. @throws {CliError} usage */
export async function liveOf(
  { live, rate, keep, workers }: Invocation<typeof simRun>['flags'],
  world: World,
): Promise<Live | undefined> {
  if (!live) {
    if (rate !== undefined) throw usageError('--rate: only with --live');
    if (keep !== undefined) throw usageError('--keep: only with --live');
    return undefined;
  }
  if (workers !== undefined) throw usageError('--workers: with --live one runs at a time');
  // The databases of another deployment would not fit the keys of this one.
  if (keep !== undefined && (await world.exists(keep))) {
    throw usageError(`--keep: ${keep} exists already`);
  }
  return { rate: rate === undefined ? RATE : parseCount('--rate', rate, 1, RATE_MAX), keep };
}

/** For whoever wants to look at a live run: with `tieline --context`, or with a Modbus client of their own. */
export function sayPlaces(places: LivePlaces, global: GlobalFlags, world: World): void {
  if (global.json) {
    printJson(world, { schema: 'tieline.live/2', ...places });
    return;
  }
  if (global.quiet) return;
  const { scenario, rate, context, devices, devicesFile } = places;
  const shown = devices.slice(0, DEVICES_SHOWN);
  const more = devices.length - shown.length;
  const facts: readonly Fact[] = [
    ['look', `tieline --context ${shellWord(context)} agent ls`],
    ['devices', `SunSpec Modbus TCP, as ${devicesFile} says:`],
    ...shown.map(
      ({ site, asset, host, port, unit }): Fact => [
        '',
        `${site} ${asset}  ${host}:${port} unit ${unit}`,
      ],
    ),
    ...(more > 0 ? ([['', `and ${more} more`]] as const) : []),
  ];
  const lines = layoutFacts(facts, world.stderr.colour).replaceAll(/^/gm, '  ').trimEnd();
  world.stderr.write(`${scenario}: live, ${rate} simulated seconds in a real one\n${lines}\n`);
}
