import type { Disturbances } from '../plant/disturbances.ts';
import { disturbances } from './events/index.ts';
import type { Scenario } from './scenario.ts';

/** What the timeline of a scenario does to its plant. */
export function disturbancesOf({ startMs, timeline }: Scenario): Disturbances {
  const all = timeline.map((event) => disturbances(event, startMs + event.at));
  return {
    loadSteps: all.flatMap(({ loadSteps = [] }) => loadSteps),
    clouds: all.flatMap(({ clouds = [] }) => clouds),
    switchings: all.flatMap(({ switchings = [] }) => switchings),
  };
}
