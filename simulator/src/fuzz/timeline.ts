import type { Feeder } from '@tieline/grid';
import { durationMs } from '@tieline/kernel';
import type { z } from 'zod';
import { clock } from '../scenario/clock.ts';
import type { ScenarioEvent } from '../scenario/events/index.ts';
import type { Sites } from '../scenario/site-size.ts';
import type { Claim, Episode, Occasion } from './episode.ts';

/** An episode that was drawn, before it is known what there is that it could happen to. */
export interface Plan {
  draw(occasion: Occasion): Episode | null;
  /** Counted on from the first one again, where there are not so many. */
  readonly site: number;
  readonly fromMs: number;
  readonly lastsMs: number;
}

/** An event as a scenario file has it. */
export interface TimedEvent {
  readonly given: z.input<typeof ScenarioEvent>;
  readonly atMs: number;
  /** What it began is over, or was to be. */
  readonly endsMs: number;
}

/** What the plans come to at these sites, in the order of time. */
export function timelineOf(
  plans: readonly Plan[],
  sites: Sites,
  feeder: Feeder,
): readonly TimedEvent[] {
  const claimed: Claim[] = [];
  const names = Object.keys(sites);
  const events = plans.flatMap((plan, index) => {
    const nameOf = (at: number): string => names[at % names.length] ?? '';
    const site = nameOf(plan.site);
    const size = sites[site];
    if (size === undefined) return [];
    const { fromMs, lastsMs } = plan;
    const toMs = fromMs + lastsMs;
    const other = nameOf(plan.site + 1);
    const episode = plan.draw({ index, site, other, size, feeder, fromMs, toMs });
    const claims = episode?.claims ?? [];
    if (episode === null || claims.some((claim) => clashes(claim, claimed))) return [];
    claimed.push(...claims);
    return episode.events.map(({ atMs, event }) => timed(atMs, event));
  });
  return events.toSorted((a, b) => a.atMs - b.atMs);
}

function clashes({ what, fromMs, toMs }: Claim, claimed: readonly Claim[]): boolean {
  return claimed.some((one) => one.what === what && one.fromMs <= toMs && fromMs <= one.toMs);
}

function timed(atMs: number, event: Record<string, unknown>): TimedEvent {
  const given: z.input<typeof ScenarioEvent> = { at: clock(atMs), ...event };
  const [held] = Object.values(event);
  const lasts = typeof held === 'object' && held !== null && 'for' in held ? held.for : null;
  return { given, atMs, endsMs: atMs + (durationMs(String(lasts)) ?? 0) };
}
