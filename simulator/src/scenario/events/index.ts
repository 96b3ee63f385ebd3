import type { Feeder } from '@tieline/grid';
import { assert } from '@tieline/kernel';
import { z } from 'zod';
import type { Disturbances } from '../../plant/disturbances.ts';
import type { Complaint } from '../complaint.ts';
import { suggestion } from '../suggestion.ts';
import { At } from '../values.ts';
import { broker } from './broker.ts';
import { cloud } from './cloud.ts';
import { control } from './control.ts';
import { cut } from './cut.ts';
import { deliver } from './deliver.ts';
import { device } from './device.ts';
import { disk } from './disk.ts';
import type { EventKind, KnownSites, Stage } from './event-kind.ts';
import { forge } from './forge.ts';
import { kill } from './kill.ts';
import { link } from './link.ts';
import { load } from './load.ts';
import { local } from './local.ts';
import { model } from './model.ts';
import { order } from './order.ts';
import { policy } from './policy.ts';
import { powerCut } from './power-cut.ts';
import { price } from './price.ts';
import { replay } from './replay.ts';
import { restore } from './restore.ts';
import { start } from './start.ts';
import { switching } from './switch.ts';
import { wallClock } from './wall-clock.ts';
import { withhold } from './withhold.ts';

/** By the key that an event has beside its `at`. */
const KINDS = {
  order,
  cut,
  restore,
  link,
  kill,
  start,
  powerCut,
  disk,
  device,
  local,
  load,
  cloud,
  price,
  switch: switching,
  policy,
  model,
  control,
  broker,
  clock: wallClock,
  forge,
  replay,
  withhold,
  deliver,
};
type Kinds = typeof KINDS;

export type EventKindName = keyof Kinds;
export const EVENT_KINDS: readonly string[] = Object.keys(KINDS);

type Parts = { [Kind in keyof Kinds]: z.ZodExactOptional<Kinds[Kind]['shape']> };
const parts = Object.fromEntries(
  Object.entries(KINDS).map(([kind, { shape }]) => [kind, z.exactOptional(shape as z.ZodType)]),
) as unknown as Parts;

/** An event of a timeline: a time, and one of the kinds. */
export const ScenarioEvent = z.strictObject({ at: At, ...parts });
export type ScenarioEvent = z.output<typeof ScenarioEvent>;

/** An event as a person reads it, and the site that it meets: null, where all. */
export interface EventWords {
  readonly atMs: number;
  readonly site: string | null;
  readonly what: string;
}

export function eventWords(event: ScenarioEvent): EventWords {
  const { kind, given } = partOf(event);
  const site = kind.sites(given).at(-1)?.site ?? null;
  return { atMs: event.at, site, what: kind.words(given) };
}

/** What is wrong with an event, by itself and with the sites that there are. */
export function checkEvent(
  event: ScenarioEvent,
  sites: KnownSites,
  feeder: Feeder | null,
): readonly Complaint[] {
  const kinds = EVENT_KINDS.filter((kind) => kind in event);
  if (kinds.length !== 1) {
    const what = kinds.length === 0 ? 'does nothing' : `does ${kinds.join(' and ')}`;
    return [{ path: [], reason: `an event ${what}; one of: ${EVENT_KINDS.join(' ')}` }];
  }
  const { name, kind, given } = partOf(event);
  const names = Object.keys(sites);
  const unknown = kind
    .sites(given)
    .filter(({ site }) => !names.includes(site))
    .map(({ path, site }) => ({
      path,
      reason: `there is no site '${site}'${suggestion(site, names)}`,
    }));
  const wrong = unknown.length > 0 ? unknown : (kind.check?.(given, sites, feeder) ?? []);
  return wrong.map(({ path, reason }) => ({ path: [name, ...path], reason }));
}

/**
 * The event for each copy of the site that it names; itself, where it names none that has copies.
 * @param groups  the copies of sites, by name
 */
export function unfoldEvent(
  event: ScenarioEvent,
  groups: ReadonlyMap<string, readonly string[]>,
): readonly ScenarioEvent[] {
  if (EVENT_KINDS.filter((kind) => kind in event).length !== 1) return [event];
  const { name, kind, given } = partOf(event);
  const [named, ...more] = kind.sites(given);
  const copies = groups.get(named?.site ?? '');
  // Which copy would go with which is not said.
  if (named === undefined || copies === undefined || more.length > 0) return [event];
  return copies.map((site, at) => {
    const own = named.path.length === 0 ? site : { ...Object(given), [`${named.path[0]}`]: site };
    return { at: event.at, [name]: kind.copy?.(own, at + 1) ?? own } as ScenarioEvent;
  });
}

/** Why it cannot be brought about with real processes; null where it can. */
export function onlyVirtual(event: ScenarioEvent): string | null {
  const { kind, given } = partOf(event);
  return kind.onlyVirtual?.(given) ?? null;
}

/** What it does to the plant. @param atMs  Unix time, ms */
export function disturbances(event: ScenarioEvent, atMs: number): Partial<Disturbances> {
  const { kind, given } = partOf(event);
  return kind.disturbs?.(given, atMs) ?? {};
}

/** Brings it about. What only disturbs the plant needs nobody: the plant has known it from the beginning. */
export async function perform(event: ScenarioEvent, stage: Stage): Promise<void> {
  const { kind, given } = partOf(event);
  await kind.perform?.(given, stage, event.at);
}

function partOf(event: ScenarioEvent) {
  const name = EVENT_KINDS.find((kind) => kind in event);
  assert(name !== undefined, 'an event that was checked does something');
  // The key says which kind it is, and its shape has checked what it holds.
  const kind = KINDS[name as keyof Kinds] as unknown as EventKind<z.ZodType>;
  return { name, kind, given: event[name as keyof Kinds] };
}
