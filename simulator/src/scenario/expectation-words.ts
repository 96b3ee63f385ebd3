import { clock } from './clock.ts';
import type { Scenario } from './scenario.ts';
import type { BoundExpectation, RecordExpectation, ScenarioExpectation } from './scenario-file.ts';

/** An expectation as a person reads it: `harbour.batteryKw at most 125 from 2m10s to 6m30s`. */
export function expectationWords(given: ScenarioExpectation): string {
  if ('never' in given) return `order ${given.order} never ${given.never}`;
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
  const { from, to } = given;
  const window = [
    ...(from === undefined ? [] : [`from ${clock(from)}`]),
    ...(to === undefined ? [] : [`to ${clock(to)}`]),
  ];
  return [...('recorded' in given ? recordWords(given) : boundWords(given)), ...window].join(' ');
}

function boundWords({ that, min, max }: BoundExpectation): readonly string[] {
  return [
    that,
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
  ];
}

function recordWords(given: RecordExpectation): readonly string[] {
  const { recorded, site, of, max } = given;
  const min = recordsAtLeast(given);
  return [
    `${site} records ${recorded}`,
    ...(of === undefined ? [] : [`of ${of}`]),
    ...(min === 0 ? [] : [`${min} times or more`]),
    ...(max === undefined ? [] : [`${max} times at most`]),
  ];
}

/** At least one, where nothing else is said. */
export function recordsAtLeast({ min, max }: RecordExpectation): number {
  return min ?? (max === undefined ? 1 : 0);
}

/** What every run has to keep, whatever its scenario expects. */
export const PROMISE = {
  survives: 'no process ends by a fault of its own',
  limit: 'no setpoint beyond the limits of the policy',
  margin:
    'no setpoint beyond the automatic margin but by an order, or where the connection forces it',
  reversion: 'no setpoint outlives its agent by more than the reversion time',
  armed: 'no setpoint of a living agent is left to the timer of its device',
  handsOff: 'no device in local control is written',
  confirmed: 'nothing is called confirmed or reverted that is not so',
  dwell: 'automation lets a setpoint stand for the dwell time',
  reversals: 'automation reverses no more often than the policy says',
  ends: 'setpoints that end together are not let go at once',
  onRecord: 'no device is asked for what is not on record first',
  returns: 'clients that lost the broker together do not return to it at once',
  numbers: 'no number of a command is used twice',
  heard: 'every agent that can be reached is heard again',
  receipted: 'what an agent records is receipted within a minute of the link',
  kept: 'no record leaves a gateway that the control plane does not hold',
  solved: (how: 'with control' | 'without control') =>
    `the power flow has a solution at every step, ${how}`,
  events: 'every event of the timeline comes about',
  verifies: (whose: string) => `the audit log of ${whose} verifies`,
  root: (whose: string) => `the root of the audit log of ${whose} is that of RFC 6962`,
  replays: (whose: string) => `every decision of ${whose} replays`,
} as const;

/** Of a site by its name, of several as one. @param sites  one or more */
export function whoseWords(sites: readonly string[]): string {
  const [only = '', ...others] = sites;
  return others.length === 0 ? only : `each of ${sites.length} sites`;
}

/** All of them, in the order of a report. */
export function promiseWords({ simulated }: Scenario): readonly string[] {
  const { solved, events, verifies, root, replays, ...always } = PROMISE;
  const whose = whoseWords(simulated.sites.map(({ plant: { site } }) => site));
  return [
    ...Object.values(always),
    ...[solved('with control'), solved('without control'), events],
    ...[verifies(whose), root(whose), replays(whose)],
  ];
}
