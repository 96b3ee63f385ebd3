import type { Conduct } from '../conduct.ts';
import type { ControlledRun } from '../controlled-run.ts';
import type { Watch } from '../expectations.ts';
import type { Scenario } from '../scenario.ts';
import { Armed } from './armed.ts';
import { Confirmed } from './confirmed.ts';
import { HandsOff } from './hands-off.ts';
import { Numbers } from './numbers.ts';
import { OnRecord } from './on-record.ts';
import { Offers, Ordered } from './ordered.ts';
import { pacingWatches } from './pacing.ts';
import { recoveryWatches } from './recovery.ts';
import { safetyWatches } from './safety.ts';
import { EndsSpread, ReturnsSpread } from './together.ts';

/**
 * What every run keeps, whatever its scenario expects. Judged by the plant, the devices, the wire and the log as it
 * stands on the disk, and never by what the code that is judged believes. Wire and log are seen within one process alone.
 *
 * @param run  about to begin
 */
export function alwaysWatches(
  scenario: Scenario,
  conduct: Conduct,
  run: ControlledRun,
): readonly Watch[] {
  const { inside } = run;
  const ordered = new Ordered(scenario, conduct, inside === null ? null : new Offers(run, inside));
  const everywhere = [
    ...safetyWatches(scenario, ordered),
    new Armed(scenario),
    new HandsOff(scenario),
    new Confirmed(scenario, conduct),
    ...pacingWatches(scenario, ordered),
    new EndsSpread(scenario, ordered),
  ];
  if (inside === null) return everywhere;
  return [
    ...everywhere,
    new OnRecord(scenario, inside),
    new ReturnsSpread(scenario, run, inside),
    new Numbers(run, inside),
    ...recoveryWatches(scenario, inside),
  ];
}
