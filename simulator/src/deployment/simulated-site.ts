import type { AssetRatings } from '@tieline/edge-agent';
import type { Feeder, LoadZip } from '@tieline/grid';
import type { SitePolicy } from '@tieline/protocol';
import type { EvFleet } from '../plant/ev-fleet.ts';
import type { WeatherSource } from '../plant/profiles/weather.ts';
import type { PlantSiteOptions } from '../plant/site-plant.ts';
import type { TapChangerOptions } from '../plant/tap-changer.ts';
import type { Series } from '../series/series.ts';

/** One simulated site: where it hangs, what stands there, and what its policy allows. */
export interface SimulatedSite {
  readonly plant: PlantSiteOptions;
  readonly ratings: readonly AssetRatings[];
  readonly policy: SitePolicy;
  readonly ratedImportKw: number;
}

/** A feeder with its sites, and the name of the deployment that they are. */
export interface SimulatedFeeder {
  readonly deployment: string;
  readonly feeder: Feeder;
  readonly weather?: WeatherSource;
  readonly tapChanger?: TapChangerOptions;
  readonly sites: readonly SimulatedSite[];
}

/** What a person says of a site; the rest follows from it. Powers kW, positive as named. */
export interface SiteSize {
  readonly site: string;
  readonly bus: string;
  /** Load of an ordinary evening peak. */
  readonly loadPeakKw: number;
  /** Of the panels. */
  readonly pvPeakKw: number;
  /** Of their inverter; that of the panels without it. */
  readonly pvInverterKw?: number;
  /** In the place of a profile. */
  readonly load?: Series;
  readonly battery?: {
    readonly powerKw: number;
    /** Usable. */
    readonly energyKwh: number;
    /** At the beginning, 0 to 1. */
    readonly stateOfCharge: number;
    /** Both ways, 0 to 1. */
    readonly efficiency: number;
    readonly apparentKva?: number;
    readonly reactiveKvar?: number;
    readonly derating?: { readonly fromC: number; readonly zeroC: number };
  };
  /** Cars that come and charge; times in ms. */
  readonly ev?: Omit<EvFleet, 'arrivesMs' | 'spreadMs' | 'staysMs'> & {
    readonly arrives: number;
    readonly spread: number;
    readonly stays: number;
  };
  /** How the load follows the voltage; constant power without it. */
  readonly loadZip?: LoadZip;
  /** How the load comes back from an outage; times in ms. */
  readonly coldLoad?: {
    readonly factor: number;
    readonly fullAfter: number;
    readonly holds: number;
    readonly decays: number;
  };
  /** The quarter-hour mean import that the site is held under. */
  readonly quarterHourImportMaxKw: number;
  /** In the place of what would follow. */
  readonly policy: Partial<Omit<SitePolicy, 'site' | 'assets'>>;
}

type BatterySize = NonNullable<SiteSize['battery']>;

export function simulatedSite(size: SiteSize): SimulatedSite {
  const { site, bus, loadPeakKw, pvPeakKw, pvInverterKw, battery } = size;
  const { load, ev, loadZip, coldLoad } = size;
  const pvKw = pvNameplateKw(size);
  return {
    ratedImportKw: loadPeakKw,
    plant: {
      site,
      bus,
      peakLoadKw: loadPeakKw,
      pvPeakKw,
      battery: battery === undefined ? null : plantBattery(battery),
      ...(pvInverterKw === undefined ? {} : { pvInverterKw }),
      ...(load === undefined ? {} : { load }),
      ...(ev === undefined ? {} : { ev: fleetOf(ev) }),
      ...(loadZip === undefined ? {} : { zip: loadZip }),
      ...(coldLoad === undefined ? {} : { coldLoad: coldLoadOf(coldLoad) }),
    },
    ratings: [
      rating('meter', 'meter'),
      rating('load', 'load'),
      ...(battery === undefined ? [] : [batteryRating(battery)]),
      ...(pvKw > 0 ? [rating('pv', 'pv', pvKw)] : []),
      ...(ev?.steered ? [rating('ev', 'flexible-load', 0, chargersKw(ev))] : []),
    ],
    policy: { ...sitePolicy(size), ...size.policy },
  };
}

/** The same site, whose battery begins at `stateOfCharge`, 0 to 1. */
export function charged(site: SimulatedSite, stateOfCharge: number): SimulatedSite {
  const { plant } = site;
  const battery = plant.battery === null ? null : { ...plant.battery, stateOfCharge };
  return { ...site, plant: { ...plant, battery } };
}

function fleetOf({ arrives, spread, stays, ...fleet }: NonNullable<SiteSize['ev']>): EvFleet {
  return { ...fleet, arrivesMs: arrives, spreadMs: spread, staysMs: stays };
}

function coldLoadOf({ factor, fullAfter, holds, decays }: NonNullable<SiteSize['coldLoad']>) {
  return { factor, fullAfterMs: fullAfter, holdsMs: holds, decaysMs: decays };
}

function plantBattery({
  powerKw,
  energyKwh,
  stateOfCharge,
  efficiency,
  apparentKva,
  reactiveKvar,
  derating,
}: BatterySize): PlantSiteOptions['battery'] {
  const ratings = {
    powerMaxKw: powerKw,
    energyKwh,
    chargeEfficiency: efficiency,
    dischargeEfficiency: efficiency,
    rampKwPerS: powerKw / 4,
    ...(apparentKva === undefined ? {} : { apparentMaxKva: apparentKva }),
    ...(reactiveKvar === undefined ? {} : { reactiveKvar }),
    ...(derating === undefined ? {} : { derating }),
  };
  return { ratings, stateOfCharge };
}

function batteryRating({ powerKw, energyKwh }: BatterySize): AssetRatings {
  return rating('battery', 'battery', powerKw, powerKw, energyKwh);
}

function rating(
  asset: string,
  kind: AssetRatings['kind'],
  dischargeMaxKw = 0,
  chargeMaxKw = 0,
  energyKwh = 0,
): AssetRatings {
  return { asset, kind, dischargeMaxKw, chargeMaxKw, energyKwh };
}

/** Of the PV as its owner and its agent know it: the panels, or an inverter that is smaller. */
function pvNameplateKw({ pvPeakKw, pvInverterKw = pvPeakKw }: SiteSize): number {
  return Math.min(pvPeakKw, pvInverterKw);
}

function chargersKw({ chargers, powerKw }: NonNullable<SiteSize['ev']>): number {
  return chargers * powerKw;
}

function sitePolicy(size: SiteSize): SitePolicy {
  const { site, loadPeakKw, battery, ev, quarterHourImportMaxKw } = size;
  const pvKw = pvNameplateKw(size);
  return {
    site,
    importMaxKw: Math.round(loadPeakKw * 1.4),
    exportMaxKw: Math.round(pvKw + (battery?.powerKw ?? 0)),
    quarterHourImportMaxKw,
    rechargeImportMaxKw: Math.round(quarterHourImportMaxKw * 0.75),
    assets: [
      ...(battery === undefined ? [] : [batteryPolicy(battery.powerKw)]),
      ...(pvKw > 0 ? [pvPolicy(pvKw)] : []),
      ...(ev?.steered ? [evPolicy(chargersKw(ev))] : []),
    ],
    dwellMs: 20_000,
    reversalsPerHourMax: 6,
    releaseWithinMs: 10_000,
    commandsPerHourMax: 60,
  };
}

/** Automation may use four fifths of the battery; people may use all but a tenth. */
function batteryPolicy(powerKw: number): SitePolicy['assets'][number] {
  return {
    asset: 'battery',
    limit: { minKw: -0.9 * powerKw, maxKw: 0.9 * powerKw },
    margin: { minKw: -0.5 * powerKw, maxKw: 0.8 * powerKw },
    reserveStateOfCharge: 0.15,
    rampKwPerS: powerKw / 4,
    safePowerKw: 0,
  };
}

function pvPolicy(pvPeakKw: number): SitePolicy['assets'][number] {
  return {
    asset: 'pv',
    limit: { minKw: 0, maxKw: pvPeakKw },
    margin: { minKw: 0, maxKw: pvPeakKw },
    reserveStateOfCharge: 0,
    rampKwPerS: pvPeakKw,
    safePowerKw: 0,
  };
}

/** Automation leaves the cars a tenth of their chargers, and so does their own fallback without an agent; people may stop them. */
function evPolicy(chargersKw: number): SitePolicy['assets'][number] {
  return {
    asset: 'ev',
    limit: { minKw: -chargersKw, maxKw: 0 },
    margin: { minKw: -chargersKw, maxKw: -0.1 * chargersKw },
    reserveStateOfCharge: 0,
    rampKwPerS: chargersKw,
    safePowerKw: -0.1 * chargersKw,
  };
}
