import { clock } from './clock.ts';
import type { Scenario } from './scenario.ts';
import type { ScenarioExpectation } from './scenario-file.ts';

/** An expectation as a person reads it: `harbour.batteryKw at most 125 from 2m10s to 6m30s`. */
export function expectationWords(given: ScenarioExpectation): string {
  if ('order' in given) {
    return `order ${given.order} ${given.reaches} within ${clock(given.within)}`;
  }
  if ('saves' in given) {
    return `${given.saves}: highest quarter hour at least ${given.atLeastKw} kW below that without control`;
  }
  if ('billOf' in given) {
    return `bill of ${given.billOf} at least ${given.savesAtLeast} below that without control`;
  }
  if ('movedBy' in given) {
    const { movedBy, atLeastKwh, atMostShare } = given;
    const bounds = [
      ...(atLeastKwh === undefined ? [] : [`at least ${atLeastKwh} kWh`]),
      ...(atMostShare === undefined ? [] : [`at most ${atMostShare} of its load`]),
    ];
    return `energy moved by ${movedBy} ${bounds.join(' and ')}`;
  }
  const { that, min, max, from, to } = given;
  const bounds = [
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
    ...(from === undefined ? [] : [`from ${clock(from)}`]),
    ...(to === undefined ? [] : [`to ${clock(to)}`]),
  ];
  return `${that} ${bounds.join(' ')}`;
}

/** What every run has to keep, whatever its scenario expects. */
export const PROMISE = {
  limit: 'no setpoint beyond the limits of the policy',
  margin:
    'no setpoint beyond the automatic margin but by an order, or where the connection forces it',
  reversion: 'no setpoint outlives its agent by more than the reversion time',
  solved: (how: 'with control' | 'without control') =>
    `the power flow has a solution at every step, ${how}`,
  events: 'every event of the timeline comes about',
  verifies: (site: string) => `the audit log of ${site} verifies`,
  replays: (site: string) => `every decision of ${site} replays`,
} as const;

/** All of them, in the order of a report. */
export function promiseWords({ simulated }: Scenario): readonly string[] {
  const { limit, margin, reversion, solved, events, verifies, replays } = PROMISE;
  return [
    ...[limit, margin, reversion, solved('with control'), solved('without control'), events],
    ...simulated.sites.flatMap(({ plant: { site } }) => [verifies(site), replays(site)]),
  ];
}
