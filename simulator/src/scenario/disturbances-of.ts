import type { Disturbances } from '../plant/disturbances.ts';
import type { Scenario } from './scenario.ts';

/** What the timeline of a scenario does to its plant. */
export function disturbancesOf({ startMs, timeline }: Scenario): Disturbances {
  const during = (at: number, durationMs: number) => ({
    fromMs: startMs + at,
    toMs: startMs + at + durationMs,
  });
  return {
    loadSteps: timeline.flatMap(({ at, load }) =>
      load === undefined ? [] : [{ site: load.site, addKw: load.addKw, ...during(at, load.for) }],
    ),
    clouds: timeline.flatMap(({ at, cloud }) =>
      cloud === undefined ? [] : [{ share: cloud.share, ...during(at, cloud.for) }],
    ),
  };
}
