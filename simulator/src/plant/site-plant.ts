import type { LoadZip } from '@tieline/grid';
import { zipShare } from '@tieline/grid';
import { heldAt, type Series } from '../series/series.ts';
import { Battery, type BatteryRatings } from './battery.ts';
import { addedKw, type Disturbances, sunShare } from './disturbances.ts';
import { Cars, type EvFleet } from './ev-fleet.ts';
import type { Signal } from './profiles/noise.ts';
import { type SiteProfile, siteProfile } from './profiles/site-profile.ts';
import type { WeatherSource } from './profiles/weather.ts';
import { type ColdLoad, Supply } from './supply.ts';

export interface PlantSiteOptions {
  readonly site: string;
  /** Bus of the feeder that the site is connected to; its load takes the place of the bus's. */
  readonly bus: string;
  readonly peakLoadKw: number;
  readonly pvPeakKw: number;
  /** Null where there is none. `stateOfCharge`: at the beginning, 0 to 1. */
  readonly battery: { readonly ratings: BatteryRatings; readonly stateOfCharge: number } | null;
  /** What the inverter gives at most, kW: it clips what the panels give beyond. As much as `pvPeakKw` without it. */
  readonly pvInverterKw?: number;
  /** The load, kW, in the place of its profile. */
  readonly load?: Series;
  /** Beside the load's profile, and part of the load. */
  readonly ev?: EvFleet;
  /** Without it a load comes back from an outage as if nothing had been. */
  readonly coldLoad?: ColdLoad;
  /** Constant power without it. */
  readonly zip?: LoadZip;
}

/** What meets a site from outside. */
export interface Outside {
  readonly seed: number;
  readonly disturbances: Disturbances;
  readonly weather: WeatherSource;
  readonly temperatureC: Signal;
  /** What the load draws besides each kW; cars and inverters draw none. */
  readonly kvarPerKw: number;
}

/** One site behind its meter. Set `battery.targetKw`, if it has one, `pvLimitKw` and `evLimitKw`; read the rest. */
export class SitePlant {
  readonly site: string;
  readonly bus: string;
  readonly battery: Battery | null;
  readonly pvPeakKw: number;
  /** Upper limit of generation, kW; null lets the sun decide. */
  pvLimitKw: number | null = null;
  /** What its cars may draw together, kW; null lets them draw what they like. Only of those that are steered. */
  evLimitKw: number | null = null;
  /** What the load would draw at 1 per unit, without its cars, kW: this follows the voltage. */
  elasticKw = 0;
  loadKw = 0;
  pvKw = 0;
  /** 0 where nothing feeds the site. */
  voltagePu = 1;
  /** Its battery and its PV trip with the voltage, and come back some time after it. */
  areInvertersConnected = true;
  readonly #profile: SiteProfile;
  readonly #loadKw: Signal;
  readonly #inverterKw: number;
  readonly #cars: Cars | null;
  readonly #steered: boolean;
  readonly #temperatureC: Signal;
  readonly #disturbances: Disturbances;
  readonly #supply: Supply;
  readonly #kvarPerKw: number;
  readonly #zip: LoadZip | null;

  /** @param index  its place among the sites: its own habits and noise follow from it */
  constructor(options: PlantSiteOptions, index: number, outside: Outside) {
    const { seed, disturbances, weather, temperatureC } = outside;
    const { peakLoadKw, pvPeakKw, battery, load, ev } = options;
    this.site = options.site;
    this.bus = options.bus;
    this.pvPeakKw = pvPeakKw;
    this.battery = battery === null ? null : new Battery(battery.ratings, battery.stateOfCharge);
    this.#profile = siteProfile({ seed, index, peakLoadKw, pvPeakKw, weather });
    this.#loadKw = load === undefined ? this.#profile.loadKw : (tMs) => heldAt(load, tMs);
    this.#cars = ev === undefined ? null : new Cars(ev, seed, index);
    this.#steered = ev?.steered ?? false;
    this.#temperatureC = temperatureC;
    this.#inverterKw = options.pvInverterKw ?? pvPeakKw;
    this.#disturbances = disturbances;
    this.#supply = new Supply(options.coldLoad);
    this.#kvarPerKw = outside.kvarPerKw;
    this.#zip = options.zip ?? null;
  }

  /** Whether the feeder feeds it. */
  get isFed(): boolean {
    return this.#supply.isFed;
  }

  /** kW, positive while it discharges; 0 where there is no battery. */
  get batteryKw(): number {
    return this.battery?.powerKw ?? 0;
  }

  /** Of the battery, positive into the grid. */
  get batteryKvar(): number {
    return this.battery?.reactiveKvar ?? 0;
  }

  get hasCars(): boolean {
    return this.#cars !== null;
  }

  /** Of the load what charges cars, kW. */
  get evKw(): number {
    return this.#cars?.powerKw ?? 0;
  }

  /** Of that what an agent may hold back, kW. */
  get steeredEvKw(): number {
    return this.#steered ? this.evKw : 0;
  }

  /** What its cars would draw besides if nobody held them back, kW. */
  get evHeldBackKw(): number {
    return this.isFed ? (this.#cars?.heldBackKw ?? 0) : 0;
  }

  /** What cars that have left were short of, kWh. */
  get evUnmetKwh(): number {
    return this.#cars?.unmetKwh ?? 0;
  }

  get loadKvar(): number {
    return (this.loadKw - this.evKw) * this.#kvarPerKw;
  }

  /** kvar drawn at the site meter. */
  get importKvar(): number {
    return this.loadKvar - this.batteryKvar;
  }

  /** kW drawn at the site meter; negative when the site exports. */
  get importKw(): number {
    return this.loadKw - this.pvKw - this.batteryKw;
  }

  /** The same without what an agent steers: its battery, and cars that it may hold back. */
  get uncontrolledKw(): number {
    return this.loadKw - this.steeredEvKw - this.pvKw;
  }

  /** @param isFed  as the branches stand from now on */
  step(tMs: number, elapsedMs: number, isFed: boolean): void {
    const { loadSteps, clouds } = this.#disturbances;
    this.#supply.step(tMs, isFed);
    this.areInvertersConnected = this.#supply.connects(tMs);
    if (this.areInvertersConnected) this.battery?.step(elapsedMs, this.#temperatureC(tMs));
    else this.battery?.trip();
    const wantedKw = this.#loadKw(tMs) * this.#supply.loadShare(tMs);
    this.#cars?.step(tMs, elapsedMs, isFed ? this.evLimitKw : 0);
    this.elasticKw = isFed ? Math.max(0, wantedKw + addedKw(loadSteps, this.site, tMs)) : 0;
    this.loadKw = this.elasticKw + this.evKw;
    const sunKw = this.#profile.pvAvailableKw(tMs) * sunShare(clouds, tMs);
    const mostKw = Math.min(this.#inverterKw, this.pvLimitKw ?? Number.POSITIVE_INFINITY);
    this.pvKw = this.areInvertersConnected ? Math.min(sunKw, mostKw) : 0;
  }

  /** What the power flow found: 0 where nothing feeds the site. */
  settle(voltagePu: number): void {
    this.voltagePu = voltagePu;
    if (this.#zip !== null && this.isFed) {
      this.loadKw = this.elasticKw * zipShare(this.#zip, voltagePu) + this.evKw;
    }
  }
}
