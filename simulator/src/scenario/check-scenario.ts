import type { Feeder } from '@tieline/grid';
import type { Complaint } from './complaint.ts';
import { checkEvent, onlyVirtual, unfoldEvent } from './events/index.ts';
import { OWNERS, quantityNames, readingOf } from './quantities.ts';
import type { BoundExpectation, RecordExpectation, ScenarioFile } from './scenario-file.ts';
import { suggestion } from './suggestion.ts';
import { EVERY_BUS, quantitiesOf, type UnfoldedSites } from './unfold.ts';
import type { Path } from './yaml-places.ts';

/*
 * What one part of a scenario says of another: names that there are, times within it, assets that a site has.
 */

export function checkSites(
  { sites, tapChanger }: ScenarioFile,
  feeder: Feeder | null,
  problems: Complaint[],
): void {
  if (Object.keys(sites).length === 0) {
    problems.push({ path: ['sites'], reason: 'there is no site' });
  }
  checkBus(['tapChanger', 'bus'], tapChanger?.bus, feeder, problems);
  for (const [site, { bus, battery, pvPeakKw, ev }] of Object.entries(sites)) {
    const path = ['sites', site, 'bus'];
    if (battery === undefined && pvPeakKw === 0 && ev?.steered !== true) {
      const reason =
        'neither a battery nor PV nor cars that are steered: nothing could be controlled';
      problems.push({ path: ['sites', site], reason });
    }
    if (OWNERS.has(site)) problems.push({ path, reason: `no site can be called '${site}'` });
    if (typeof bus === 'string') {
      if (bus !== EVERY_BUS) checkBus(path, bus, feeder, problems);
    } else for (const [at, one] of bus.entries()) checkBus([...path, at], one, feeder, problems);
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

/** Where an event names a site that has copies, the first of them is looked at: all are of one size. */
export function checkTimeline(
  given: ScenarioFile,
  { sites, groups }: UnfoldedSites,
  feeder: Feeder | null,
  problems: Complaint[],
): void {
  const orders = new Set<string>();
  for (const [index, event] of given.timeline.entries()) {
    const path = ['timeline', index];
    if (event.at > given.for) {
      problems.push({ path: [...path, 'at'], reason: 'after the scenario has ended' });
    }
    const [first = event] = unfoldEvent(event, groups);
    for (const { path: within, reason } of checkEvent(first, sites, feeder)) {
      problems.push({ path: [...path, ...within], reason });
    }
    if (event.price !== undefined && given.tariff === undefined) {
      problems.push({
        path: [...path, 'price'],
        reason: 'there is no tariff that it could change',
      });
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
  checkProcesses(given, groups, problems);
}

/** Of a timeline that is right in itself: what real processes cannot go through. */
export function checkLive({ timeline }: ScenarioFile, problems: Complaint[]): void {
  for (const [index, event] of timeline.entries()) {
    const why = onlyVirtual(event);
    if (why === null) continue;
    problems.push({ path: ['timeline', index], reason: `cannot be played live: ${why}` });
  }
}

/** Only what runs can end, and only what ended can start. */
function checkProcesses(
  { timeline }: ScenarioFile,
  groups: UnfoldedSites['groups'],
  problems: Complaint[],
): void {
  const ended = new Set<string>();
  const inOrder = [...timeline.entries()]
    .flatMap(([at, event]) => unfoldEvent(event, groups).map((one) => [at, one] as const))
    .toSorted(([, a], [, b]) => a.at - b.at);
  for (const [index, { kill, start, powerCut, control, broker }] of inOrder) {
    const path = ['timeline', index];
    const process = broker === undefined ? 'the control plane' : 'the broker';
    const ends = kill ?? powerCut?.site;
    const of = ends ?? start ?? process;
    if (ends !== undefined || control === 'stop' || broker === 'stop') {
      if (ended.has(of)) problems.push({ path, reason: `${of} has ended already` });
      ended.add(of);
    } else if (start !== undefined || control === 'start' || broker === 'start') {
      if (!ended.delete(of)) problems.push({ path, reason: `${of} runs already` });
    }
  }
}

export function checkExpectations(
  given: ScenarioFile,
  known: UnfoldedSites,
  feeder: Feeder | null,
  problems: Complaint[],
): void {
  const orders = given.timeline.flatMap(({ order }) => (order === undefined ? [] : [order.name]));
  for (const [index, expectation] of given.expect.entries()) {
    const path = ['expect', index];
    if ('that' in expectation) checkBound(expectation, given, { ...known, feeder }, path, problems);
    else if ('order' in expectation && !orders.includes(expectation.order)) {
      const { order } = expectation;
      const reason = `there is no order '${order}'${suggestion(order, orders)}`;
      problems.push({ path: [...path, 'order'], reason });
    } else if ('recorded' in expectation) checkRecord(expectation, given, known, path, problems);
    else checkMeter(expectation, given, known, path, problems);
  }
}

/** Of expectations on what one meter counted. */
function checkMeter(
  expectation: Readonly<Record<string, unknown>>,
  { tariff }: ScenarioFile,
  { sites }: UnfoldedSites,
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

function checkRecord(
  { site, min = 0, max, from = 0, to }: RecordExpectation,
  given: ScenarioFile,
  known: UnfoldedSites,
  path: Path,
  problems: Complaint[],
): void {
  const sites = Object.keys(known.sites);
  if (!sites.includes(site)) {
    const reason = `there is no site '${site}'${suggestion(site, sites)}`;
    problems.push({ path: [...path, 'site'], reason });
  }
  if (max !== undefined && min > max) {
    problems.push({ path: [...path, 'min'], reason: 'min is above max' });
  }
  checkWindow(from, to ?? given.for, given, path, problems);
}

function checkBound(
  { that, min, max, from = 0, to: end }: BoundExpectation,
  given: ScenarioFile,
  { sites, groups, feeder }: UnfoldedSites & { readonly feeder: Feeder | null },
  path: Path,
  problems: Complaint[],
): void {
  const to = end ?? given.for;
  const [first = that] = quantitiesOf(that, groups);
  const branches = feeder?.branches ?? [];
  const readable =
    feeder === null || readingOf(first, { sites: Object.keys(sites), branches }) !== null;
  if (!readable) {
    const names = quantityNames({ sites: Object.keys({ ...given.sites, ...sites }), branches });
    const reason = `there is no quantity '${that}'${suggestion(that, names)}`;
    problems.push({ path: [...path, 'that'], reason });
  }
  const [site = '', name = ''] = first.split('.');
  const ofBattery = ['batteryKw', 'batteryKvar', 'stateOfCharge'].includes(name);
  if (ofBattery && Object.hasOwn(sites, site) && sites[site]?.battery === undefined) {
    problems.push({ path: [...path, 'that'], reason: `${site} has no battery` });
  }
  if (min === undefined && max === undefined) {
    problems.push({ path, reason: 'nothing is expected: min, max, or both' });
  }
  if (min !== undefined && max !== undefined && min > max) {
    problems.push({ path: [...path, 'min'], reason: 'min is above max' });
  }
  checkWindow(from, to, given, path, problems);
}

function checkWindow(
  from: number,
  to: number,
  given: ScenarioFile,
  path: Path,
  problems: Complaint[],
): void {
  if (to > given.for)
    problems.push({ path: [...path, 'to'], reason: 'after the scenario has ended' });
  if (from > to) problems.push({ path: [...path, 'from'], reason: 'from is after to' });
}
