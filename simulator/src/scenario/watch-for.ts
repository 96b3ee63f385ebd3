import { assert } from '@tieline/kernel';
import type { Conduct } from './conduct.ts';
import type { ObservedRun } from './controlled-run.ts';
import { BoundWatch, NeverWatch, OrderWatch, SavingWatch, type Watch } from './expectations.ts';
import type { Ledgers } from './ledgers.ts';
import { billWatch, movingWatch } from './money-watches.ts';
import { RecordWatch } from './record-watch.ts';
import type { Scenario } from './scenario.ts';
import type { ScenarioExpectation } from './scenario-file.ts';

/** The run that an expectation is about, and what it is compared with. */
export interface Watched {
  readonly scenario: Scenario;
  readonly conduct: Conduct;
  /** The same seed without control, played to its end. */
  readonly idle: ObservedRun;
  /** Null where the scenario has no tariff. */
  readonly ledgers: Ledgers | null;
}

export function watchFor(expectation: ScenarioExpectation, watched: Watched): Watch {
  const { scenario, conduct, idle, ledgers } = watched;
  if ('that' in expectation) return new BoundWatch(expectation, scenario);
  if ('never' in expectation) return new NeverWatch(expectation, scenario, conduct);
  if ('order' in expectation) return new OrderWatch(expectation, scenario, conduct);
  if ('saves' in expectation) return new SavingWatch(expectation, idle);
  if ('recorded' in expectation) return new RecordWatch(expectation, scenario, conduct);
  assert(ledgers !== null, 'a scenario that expects something of bills has a tariff');
  if ('billOf' in expectation) return billWatch(expectation, ledgers);
  return movingWatch(expectation, ledgers);
}
