import {
  type Feeder,
  type FlowLoads,
  type FlowSolution,
  GridError,
  headroom,
  PowerFlow,
  switched,
} from '@tieline/grid';
import {
  type Action,
  type Assumptions,
  decodeCbor,
  encodeCbor,
  type OrderClass,
  type Policy,
  type SitePolicy,
} from '@tieline/protocol';
import { z } from 'zod';
import { type ActionCheck, checkActions } from './action-check.ts';
import { sha256Hex } from './digest.ts';
import { ControlError, type ControlFailure } from './failure.ts';
import type { LastKnown } from './last-known.ts';
import { type SiteEffect, siteEffect } from './site-effect.ts';

/** EN 50160: supply voltage within ±10 % of nominal. */
const VOLTAGE_MIN_PU = 0.9;
const VOLTAGE_MAX_PU = 1.1;
/** Room is looked for no further than this in either direction. */
const HEADROOM_SPAN_KW = 2_000;

/** Where a site meets the feeder, and which of its assets is the meter there. */
export interface SitePlace {
  readonly site: string;
  readonly bus: string;
  readonly meter: string;
}

export interface DraftTarget {
  readonly site: string;
  readonly actions: readonly Action[];
  readonly assumes?: Assumptions;
}

export interface Draft {
  readonly class: OrderClass;
  readonly targets: readonly DraftTarget[];
  readonly reason: string;
}

interface SiteState {
  /** At the site meter, kW, positive from the grid into the site. */
  readonly importKw: number;
  /** Null where nothing feeds the bus. */
  readonly voltagePu: number | null;
}

export interface SitePreview {
  readonly site: string;
  readonly before: SiteState;
  readonly after: SiteState;
  /** When the site was last measured, Unix ms; null = never, and the feeder file's load is used. */
  readonly measuredWallMs: number | null;
  /** How much the site's import may still fall or rise after the actions, kW, and what stops it. */
  readonly headroom: {
    readonly importFallKw: number;
    readonly importRiseKw: number;
    readonly fallStops: string;
    readonly riseStops: string;
  } | null;
  /** The mean of a quarter hour that the local rule holds the import under; a command comes before it. */
  readonly quarterHourImportMaxKw: number;
  readonly withinMargin: boolean;
  readonly violations: readonly ControlFailure[];
  readonly unmodelled: readonly string[];
}

interface BusVoltage {
  readonly bus: string;
  readonly pu: number;
}

export interface Preview {
  readonly schema: 'tieline.preview/1';
  readonly madeWallMs: number;
  readonly policyVersion: number;
  readonly sites: readonly SitePreview[];
  readonly minVoltage: { readonly before: BusVoltage; readonly after: BusVoltage };
  readonly lossKw: { readonly before: number; readonly after: number };
  readonly feederImportKw: { readonly before: number; readonly after: number };
}

export interface Previewed {
  readonly preview: Preview;
  /** Deterministic CBOR of the preview and the targets that it is about. */
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, hex: what an order names. */
  readonly digest: string;
}

export interface PreviewWorld {
  readonly feeder: Feeder;
  readonly places: readonly SitePlace[];
  readonly policy: Policy;
  readonly known: LastKnown;
}

/**
 * Shows what a draft would do: power flow of the last known state of all sites, before and after. Buses
 * without a site carry the load of the feeder's file.
 * @throws {ControlError} site_unknown | site_without_policy | flow_unsolvable
 */
export function makePreview(draft: Draft, world: PreviewWorld, madeWallMs: number): Previewed {
  const sites = draft.targets.map((target) => aimed(target, world));
  const meters = new Map(world.places.map((place) => [place.site, meterOf(place, world)]));
  const imports = new Map(world.places.map(({ site }) => [site, meters.get(site)!.importKw]));
  const importsAfter = new Map(imports);
  for (const { target, effect } of sites) importsAfter.set(target.site, -effect.meterKw);
  const before = solved(world.feeder, world.places, imports);
  const after = solved(switchedBy(world.feeder, sites), world.places, importsAfter);
  const preview: Preview = {
    schema: 'tieline.preview/1',
    madeWallMs,
    policyVersion: world.policy.version,
    sites: sites.map((site) => sitePreview(site, draft.class, before, after)),
    minVoltage: { before: before.solution.minVoltage, after: after.solution.minVoltage },
    lossKw: { before: before.solution.lossKw, after: after.solution.lossKw },
    feederImportKw: { before: before.solution.importKw, after: after.solution.importKw },
  };
  const bytes = encodeCbor({ preview, targets: encodeTargets(draft.targets) });
  return { preview, bytes, digest: sha256Hex(bytes) };
}

/** What an order must have in common with the preview that it names. */
export function encodeTargets(targets: readonly DraftTarget[]): Uint8Array {
  return encodeCbor(targets.map(({ site, actions, assumes = {} }) => ({ site, actions, assumes })));
}

/** What is looked at of a preview that an order names. */
const KeptPreview = z.object({
  preview: z.object({ madeWallMs: z.number(), policyVersion: z.number() }),
  targets: z.instanceof(Uint8Array),
});

/** @param bytes  of `Previewed`, as they were kept */
export function readPreview(bytes: Uint8Array) {
  const { preview, targets } = KeptPreview.parse(decodeCbor(bytes));
  return { ...preview, targets };
}

interface Aimed {
  readonly target: DraftTarget;
  readonly place: SitePlace;
  readonly policy: SitePolicy;
  readonly meter: Meter;
  readonly effect: SiteEffect;
  readonly check: ActionCheck;
}

interface Meter {
  readonly importKw: number;
  readonly measuredWallMs: number | null;
}

interface Solved {
  readonly flow: PowerFlow;
  readonly loads: FlowLoads;
  readonly solution: FlowSolution;
  readonly imports: ReadonlyMap<string, number>;
}

function aimed(target: DraftTarget, world: PreviewWorld): Aimed {
  const place = world.places.find((one) => one.site === target.site);
  const policy = world.policy.sites.find((one) => one.site === target.site);
  const { site } = target;
  if (place === undefined) throw new ControlError({ code: 'site_unknown', site });
  if (policy === undefined) throw new ControlError({ code: 'site_without_policy', site });
  const meter = meterOf(place, world);
  const at = { asset: place.meter, activePowerKw: -meter.importKw };
  const effect = siteEffect(policy, at, target.actions, world.known);
  const chargeOf = (asset: string) =>
    world.known.get(site, asset, 'state-of-charge')?.value ?? null;
  const check = checkActions(policy, target.actions, chargeOf);
  return { target, place, policy, meter, effect, check };
}

function meterOf({ site, bus, meter }: SitePlace, { feeder, places, known }: PreviewWorld): Meter {
  const last = known.get(site, meter, 'active-power-kw');
  if (last !== null) return { importKw: -last.value, measuredWallMs: last.wallMs };
  const found = feeder.buses.find((one) => one.id === bus);
  if (found === undefined) throw new ControlError({ code: 'feeder_bus_unknown', site, bus });
  const sharing = places.filter((one) => one.bus === bus).length;
  return { importKw: (found.loadKw ?? 0) / sharing, measuredWallMs: null };
}

function switchedBy(feeder: Feeder, sites: readonly Aimed[]): Feeder {
  const known = new Set(feeder.branches.map((branch) => branch.id));
  const states = sites.flatMap(({ effect }) => [...effect.switched]);
  const switches = states.filter(([branch]) => known.has(branch));
  return switches.length === 0 ? feeder : switched(feeder, new Map(switches));
}

function solved(
  feeder: Feeder,
  places: readonly SitePlace[],
  imports: ReadonlyMap<string, number>,
): Solved {
  try {
    const flow = new PowerFlow(feeder);
    const loads = loadsOf(flow, places, imports);
    return { flow, loads, solution: flow.solve(loads), imports };
  } catch (thrown) {
    if (!(thrown instanceof GridError)) throw thrown;
    throw new ControlError({ code: 'flow_unsolvable', detail: thrown.message });
  }
}

/** What the sites of a bus take together; measured as it is, it follows no voltage any more. */
function loadsOf(
  flow: PowerFlow,
  places: readonly SitePlace[],
  imports: ReadonlyMap<string, number>,
): FlowLoads {
  const elastic = flow.loads();
  const takenKw = new Map(places.map(({ bus }) => [bus, { loadKw: 0 }]));
  for (const { site, bus } of places) takenKw.get(bus)!.loadKw += imports.get(site)!;
  for (const bus of takenKw.keys()) elastic.loadKw[flow.busIndex(bus)] = 0;
  return { ...flow.loads(takenKw), elasticKw: elastic.loadKw };
}

function sitePreview(
  aim: Aimed,
  orderClass: OrderClass,
  before: Solved,
  after: Solved,
): SitePreview {
  const { target, place, policy, meter, effect, check } = aim;
  const known = new Set(after.flow.feeder.branches.map((branch) => branch.id));
  const unseen = [...effect.switched.keys()].filter((branch) => !known.has(branch));
  return {
    site: target.site,
    before: stateAt(before, place),
    after: stateAt(after, place),
    measuredWallMs: meter.measuredWallMs,
    headroom: headroomOf(after, place.bus),
    quarterHourImportMaxKw: policy.quarterHourImportMaxKw,
    withinMargin: check.withinMargin,
    violations: [
      ...check.violations,
      ...classViolations(orderClass, target),
      ...meterViolations(policy, meter.importKw, -effect.meterKw),
    ],
    unmodelled: [...effect.unmodelled, ...unseen.map((branch) => `switch ${branch}`)],
  };
}

function stateAt({ flow, solution, imports }: Solved, { site, bus }: SitePlace): SiteState {
  return { importKw: imports.get(site)!, voltagePu: flow.voltagePu(solution, bus) };
}

function headroomOf({ flow, loads, solution }: Solved, bus: string): SitePreview['headroom'] {
  if (flow.voltagePu(solution, bus) === null) return null;
  const room = headroom(flow, loads, {
    bus,
    voltageMinPu: VOLTAGE_MIN_PU,
    voltageMaxPu: VOLTAGE_MAX_PU,
    spanKw: HEADROOM_SPAN_KW,
  });
  return {
    importFallKw: room.deltaKw.maxKw,
    importRiseKw: -room.deltaKw.minKw,
    fallStops: room.upwards.kind,
    riseStops: room.downwards.kind,
  };
}

/** Switching is for critical orders only. */
export function classViolations(
  orderClass: OrderClass,
  { site, actions }: DraftTarget,
): readonly ControlFailure[] {
  if (orderClass === 'critical' || !actions.some(({ type }) => type === 'switch')) return [];
  return [{ code: 'order_class_too_low', site, action: 'switch' }];
}

/** The site's own bounds, where the actions bring it beyond them, or further beyond. */
function meterViolations(
  policy: SitePolicy,
  beforeKw: number,
  afterKw: number,
): readonly ControlFailure[] {
  const { site, importMaxKw, exportMaxKw } = policy;
  if (afterKw <= Math.max(importMaxKw, beforeKw) && afterKw >= Math.min(-exportMaxKw, beforeKw)) {
    return [];
  }
  const bounds = { minKw: -importMaxKw, maxKw: exportMaxKw };
  return [{ code: 'beyond_policy_limit', site, asset: 'site meter', askedKw: -afterKw, ...bounds }];
}
