import { embeddedFeeder } from '@tieline/grid';
import { type Arbitrary, integer, oneof, record } from 'fast-check';
import type { z } from 'zod';
import { SCENARIO_SCHEMA, type ScenarioFile } from '../scenario/scenario-file.ts';
import { Sites } from '../scenario/site-size.ts';
import { drawSites } from './draw-sites.ts';
import { DRAWS } from './draws/index.ts';
import { expectedLife, settledMs } from './liveness.ts';
import { ShrinkingList } from './shrinking-list.ts';
import { type Plan, timelineOf } from './timeline.ts';

/** A scenario file before it is read. */
export type GivenScenario = z.input<typeof ScenarioFile>;

const FEEDER = 'baran-wu-33';
const feeder = embeddedFeeder(FEEDER);
const EPISODES_MAX = 14;
/** Everything stands before the first fault: models are loaded, policies known, intruders connected. */
const CALM_MS = 60_000;
const STEP_MS = 100;

const episode: Arbitrary<Plan> = record({
  draw: oneof(...Object.values(DRAWS).filter((draw) => typeof draw !== 'string')),
  site: integer({ min: 0, max: 3 }),
  // Many at the very same time: faults that meet are worth more than faults in turn.
  fromMs: oneof(
    integer({ min: 0, max: 20 }).map((halfMinutes) => CALM_MS + halfMinutes * 30_000),
    integer({ min: 0, max: 6_000 }).map((steps) => CALM_MS + steps * STEP_MS),
  ),
  lastsMs: oneof(integer({ min: 1, max: 300 }), integer({ min: 10, max: 4_200 })).map(
    (steps) => steps * STEP_MS,
  ),
});

const drawn = record({
  // The timeline first: what is left out there makes every further try cheaper.
  plans: new ShrinkingList(episode, { min: 0, max: EPISODES_MAX }),
  sites: drawSites(feeder),
  minute: integer({ min: 0, max: 24 * 60 - 1 }),
  month: integer({ min: 1, max: 12 }),
  seed: integer({ min: 1, max: 2 ** 31 - 1 }),
});

/** A small network, faults that all heal, and what has to hold when they have. */
export const scenarios: Arbitrary<GivenScenario> = drawn.map(
  ({ plans, sites, minute, month, seed }) => {
    const timeline = timelineOf(plans, Sites.parse(sites), feeder);
    const two = (value: number): string => `${value}`.padStart(2, '0');
    const healedMs = Math.max(CALM_MS, ...timeline.map(({ endsMs }) => endsMs));
    const life = expectedLife(sites, timeline, settledMs(healedMs));
    return {
      scenario: SCENARIO_SCHEMA,
      about:
        'Whatever fails, every promise is kept, and soon after all of it has healed the sites obey again.',
      feeder: FEEDER,
      start: `2026-${two(month)}-03T${two(Math.floor(minute / 60))}:${two(minute % 60)}:00Z`,
      ...{ for: life.for, seed, sites },
      timeline: [...timeline.map(({ given }) => given), ...life.timeline],
      expect: life.expect,
    };
  },
);
