import type { Feeder } from '@tieline/grid';
import type { Complaint } from './complaint.ts';
import type { ScenarioEvent } from './events/index.ts';
import { unfoldEvent } from './events/index.ts';
import type { PlacedSite, Sites } from './site-size.ts';

/*
 * Many sites of one size are one entry, with `copies`. What is said of its name is said of each copy; so the rest of the
 * simulator knows single sites only, and two maps from a name to those that it stands for.
 */

/** What a policy and a trust document hold. */
export const SITES_MAX = 1_000;
/** Every bus of the feeder that draws something. */
export const EVERY_BUS = '*';

/** Names that stand for several. */
export interface Groups {
  readonly sites: ReadonlyMap<string, readonly string[]>;
  readonly orders: ReadonlyMap<string, readonly string[]>;
}

export interface UnfoldedSites {
  readonly sites: { readonly [name: string]: PlacedSite };
  readonly groups: Groups['sites'];
  /** The entry of the file that each comes from. */
  readonly entries: ReadonlyMap<string, string>;
}

export interface UnfoldedTimeline {
  /** In the order of the file. */
  readonly events: readonly ScenarioEvent[];
  readonly groups: Groups['orders'];
}

/** Each site under its own name, `NAME-1` and on where it has copies, spread over its buses in turn. */
export function unfoldSites(
  given: Sites,
  feeder: Feeder | null,
  problems: Complaint[],
): UnfoldedSites {
  const sites: Record<string, PlacedSite> = {};
  const groups = new Map<string, readonly string[]>();
  const entries = new Map<string, string>();
  const add = (folded: string, name: string, site: PlacedSite): void => {
    if (Object.hasOwn(sites, name)) {
      problems.push({ path: ['sites', folded], reason: `there are two sites '${name}'` });
    }
    sites[name] = site;
    entries.set(name, folded);
  };
  for (const [name, { copies, bus, ...size }] of Object.entries(given)) {
    const buses = busesOf(bus, feeder);
    if (copies === undefined) {
      if (bus === EVERY_BUS || Array.isArray(bus)) {
        const reason = 'several buses are for a site with copies';
        problems.push({ path: ['sites', name, 'bus'], reason });
      }
      add(name, name, { ...size, bus: buses[0] ?? '' });
      continue;
    }
    const names = Array.from({ length: copies }, (_, k) => `${name}-${k + 1}`);
    if ((names.at(-1) ?? '').length > 32) {
      const reason = `'${names.at(-1)}' is longer than the 32 characters of a name`;
      problems.push({ path: ['sites', name], reason });
    }
    for (const [k, one] of names.entries()) {
      add(name, one, { ...size, bus: buses[k % buses.length] ?? '' });
    }
    groups.set(name, names);
  }
  const count = Object.keys(sites).length;
  if (count > SITES_MAX) {
    problems.push({ path: ['sites'], reason: `${count} sites; there may be ${SITES_MAX}` });
  }
  checkLoads(entries, sites, problems);
  return { sites, groups, entries };
}

/** The loads of one bus follow its voltage in one way: the power flow knows one for each bus. */
function checkLoads(
  entries: UnfoldedSites['entries'],
  sites: UnfoldedSites['sites'],
  problems: Complaint[],
): void {
  const first = new Map<string, string>();
  const told = new Set<string>();
  for (const [name, { bus, loadZip }] of Object.entries(sites)) {
    const other = first.get(bus) ?? name;
    first.set(bus, other);
    const entry = entries.get(name) ?? name;
    if (JSON.stringify(sites[other]?.loadZip) === JSON.stringify(loadZip) || told.has(entry))
      continue;
    told.add(entry);
    const reason = `bus '${bus}' has ${other}, whose loadZip is another`;
    problems.push({ path: ['sites', entry], reason });
  }
}

function busesOf(bus: Sites[string]['bus'], feeder: Feeder | null): readonly string[] {
  if (Array.isArray(bus)) return bus;
  if (bus !== EVERY_BUS) return [bus];
  return (feeder?.buses ?? []).filter(({ loadKw = 0 }) => loadKw > 0).map(({ id }) => id);
}

/** Each event for each copy that it names; an order `NAME` is then `NAME-1` and on. */
export function unfoldTimeline(
  timeline: readonly ScenarioEvent[],
  sites: Groups['sites'],
): UnfoldedTimeline {
  const groups = new Map<string, readonly string[]>();
  const events = timeline.flatMap((event) => {
    const copies = unfoldEvent(event, sites);
    const { order } = event;
    if (order !== undefined && sites.has(order.site)) {
      groups.set(
        order.name,
        copies.map((copy) => copy.order?.name ?? ''),
      );
    }
    return copies;
  });
  return { events, groups };
}

/** The quantities that one name stands for: `home.linked` is that of each copy of `home`. */
export function quantitiesOf(that: string, sites: Groups['sites']): readonly string[] {
  const at = that.indexOf('.');
  const members = sites.get(that.slice(0, Math.max(0, at)));
  return members === undefined ? [that] : members.map((site) => `${site}${that.slice(at)}`);
}
