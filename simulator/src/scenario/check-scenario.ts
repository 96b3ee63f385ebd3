import type { Feeder } from '@tieline/grid';
import type { Complaint } from './complaint.ts';
import { checkEvent } from './events/index.ts';
import { quantityNames, readingOf } from './quantities.ts';
import type { BoundExpectation, ScenarioFile } from './scenario-file.ts';
import { suggestion } from './suggestion.ts';
import type { Path } from './yaml-places.ts';

/*
 * What one part of a scenario says of another: names that there are, times within it, assets that a site has.
 */

export function checkSites(
  { sites, tapChanger }: ScenarioFile,
  feeder: Feeder | null,
  problems: Complaint[],
): void {
  const names = Object.keys(sites);
  if (names.length === 0) problems.push({ path: ['sites'], reason: 'there is no site' });
  checkBus(['tapChanger', 'bus'], tapChanger?.bus, feeder, problems);
  const takenBy = new Map<string, string>();
  for (const [site, { bus, battery, pvPeakKw }] of Object.entries(sites)) {
    const path = ['sites', site, 'bus'];
    if (battery === undefined && pvPeakKw === 0) {
      const reason = 'neither a battery nor PV: nothing could be controlled';
      problems.push({ path: ['sites', site], reason });
    }
    if (site === 'feeder' || site === 'branch') {
      problems.push({ path, reason: `no site can be called '${site}'` });
    }
    checkBus(path, bus, feeder, problems);
    const other = takenBy.get(bus);
    if (other !== undefined) problems.push({ path, reason: `bus '${bus}' is taken by ${other}` });
    takenBy.set(bus, site);
  }
}

function checkBus(
  path: Path,
  bus: string | undefined,
  feeder: Feeder | null,
  problems: Complaint[],
): void {
  if (bus === undefined || feeder === null) return;
  const buses = feeder.buses.map(({ id }) => id);
  if (buses.includes(bus)) return;
  problems.push({ path, reason: `there is no bus '${bus}'${suggestion(bus, buses)}` });
}

export function checkTimeline(
  given: ScenarioFile,
  feeder: Feeder | null,
  problems: Complaint[],
): void {
  const orders = new Set<string>();
  for (const [index, event] of given.timeline.entries()) {
    const path = ['timeline', index];
    if (event.at > given.for) {
      problems.push({ path: [...path, 'at'], reason: 'after the scenario has ended' });
    }
    for (const { path: within, reason } of checkEvent(event, given.sites, feeder)) {
      problems.push({ path: [...path, ...within], reason });
    }
    const { name, supersedes } = event.order ?? {};
    if (supersedes !== undefined && !orders.has(supersedes)) {
      const reason = `there is no earlier order '${supersedes}'${suggestion(supersedes, [...orders])}`;
      problems.push({ path: [...path, 'order', 'supersedes'], reason });
    }
    if (name !== undefined && orders.has(name)) {
      problems.push({ path: [...path, 'order', 'name'], reason: `doubled order '${name}'` });
    }
    if (name !== undefined) orders.add(name);
  }
  checkProcesses(given, problems);
}

/** Only what runs can end, and only what ended can start. */
function checkProcesses({ timeline }: ScenarioFile, problems: Complaint[]): void {
  const ended = new Set<string>();
  const inOrder = [...timeline.entries()].toSorted(([, a], [, b]) => a.at - b.at);
  for (const [index, { kill, start, control }] of inOrder) {
    const path = ['timeline', index];
    const of = kill ?? start ?? 'the control plane';
    if (kill !== undefined || control === 'stop') {
      if (ended.has(of)) problems.push({ path, reason: `${of} has ended already` });
      ended.add(of);
    } else if (start !== undefined || control === 'start') {
      if (!ended.delete(of)) problems.push({ path, reason: `${of} runs already` });
    }
  }
}

export function checkExpectations(
  given: ScenarioFile,
  feeder: Feeder | null,
  problems: Complaint[],
): void {
  const orders = given.timeline.flatMap(({ order }) => (order === undefined ? [] : [order.name]));
  for (const [index, expectation] of given.expect.entries()) {
    const path = ['expect', index];
    if ('that' in expectation) checkBound(expectation, given, feeder, path, problems);
    else if ('order' in expectation && !orders.includes(expectation.order)) {
      const { order } = expectation;
      const reason = `there is no order '${order}'${suggestion(order, orders)}`;
      problems.push({ path: [...path, 'order'], reason });
    } else checkMeter(expectation, given, path, problems);
  }
}

/** Of expectations on what one meter counted. */
function checkMeter(
  expectation: Readonly<Record<string, unknown>>,
  { sites, tariff }: ScenarioFile,
  path: Path,
  problems: Complaint[],
): void {
  const key = ['saves', 'billOf', 'movedBy'].find((one) => one in expectation);
  if (key === undefined) return;
  const meters = [...Object.keys(sites), 'feeder'];
  const named = String(expectation[key]);
  if (!meters.includes(named)) {
    const reason = `there is no site '${named}'${suggestion(named, meters)}`;
    problems.push({ path: [...path, key], reason });
  }
  if (key !== 'saves' && tariff === undefined) {
    problems.push({ path, reason: 'there is no tariff that could bill it' });
  }
  if (key === 'movedBy' && Object.keys(expectation).length === 1) {
    problems.push({ path, reason: 'nothing is expected: atLeastKwh, atMostShare, or both' });
  }
}

function checkBound(
  { that, min, max, from = 0, to: end }: BoundExpectation,
  given: ScenarioFile,
  feeder: Feeder | null,
  path: Path,
  problems: Complaint[],
): void {
  const to = end ?? given.for;
  const sites = Object.keys(given.sites);
  const branches = feeder?.branches ?? [];
  const readable = feeder === null || readingOf(that, { sites, branches }) !== null;
  if (!readable) {
    const near = suggestion(that, quantityNames({ sites, branches }));
    problems.push({ path: [...path, 'that'], reason: `there is no quantity '${that}'${near}` });
  }
  const [site = '', name = ''] = that.split('.');
  const ofBattery = ['batteryKw', 'batteryKvar', 'stateOfCharge'].includes(name);
  if (ofBattery && sites.includes(site) && given.sites[site]?.battery === undefined) {
    problems.push({ path: [...path, 'that'], reason: `${site} has no battery` });
  }
  if (min === undefined && max === undefined) {
    problems.push({ path, reason: 'nothing is expected: min, max, or both' });
  }
  if (min !== undefined && max !== undefined && min > max) {
    problems.push({ path: [...path, 'min'], reason: 'min is above max' });
  }
  if (to > given.for)
    problems.push({ path: [...path, 'to'], reason: 'after the scenario has ended' });
  if (from > to) problems.push({ path: [...path, 'from'], reason: 'from is after to' });
}
