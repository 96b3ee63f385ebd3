import { type Feeder, type FlowLoads, PowerFlow } from '@tieline/grid';
import { assert } from '@tieline/kernel';
import { Battery, type BatteryRatings } from './battery.ts';
import { addedKw, type Disturbances, sunShare, UNDISTURBED } from './disturbances.ts';
import { type SiteProfile, siteProfile } from './profiles/site-profile.ts';

export interface PlantSiteOptions {
  readonly site: string;
  /** Bus of the feeder that the site is connected to; its load takes the place of the bus's. */
  readonly bus: string;
  readonly peakLoadKw: number;
  readonly pvPeakKw: number;
  /** Null where there is none. `stateOfCharge`: at the beginning, 0 to 1. */
  readonly battery: { readonly ratings: BatteryRatings; readonly stateOfCharge: number } | null;
}

export interface PlantOptions {
  readonly feeder: Feeder;
  readonly sites: readonly PlantSiteOptions[];
  /** Any integer; the same seed gives the same loads, sun and weather at every instant. */
  readonly seed: number;
  /** Unix time at which the plant begins, ms. */
  readonly startMs: number;
  readonly disturbances?: Disturbances;
}

/** What the feeder does at one instant. */
export interface FeederState {
  /** Drawn from the substation, kW. */
  readonly importKw: number;
  readonly lossKw: number;
  readonly minVoltage: { readonly bus: string; readonly pu: number };
}

/** One site behind its meter. Set `battery.targetKw`, if it has one, and `pvLimitKw`; read the rest. */
export class SitePlant {
  readonly site: string;
  readonly bus: string;
  readonly battery: Battery | null;
  readonly pvPeakKw: number;
  /** Upper limit of generation, kW; null lets the sun decide. */
  pvLimitKw: number | null = null;
  loadKw = 0;
  pvKw = 0;
  voltagePu = 1;
  readonly #profile: SiteProfile;
  readonly #disturbances: Disturbances;

  constructor(options: PlantSiteOptions, seed: number, index: number, disturbances: Disturbances) {
    const { peakLoadKw, pvPeakKw, battery } = options;
    this.site = options.site;
    this.bus = options.bus;
    this.pvPeakKw = pvPeakKw;
    this.battery = battery === null ? null : new Battery(battery.ratings, battery.stateOfCharge);
    this.#profile = siteProfile({ seed, index, peakLoadKw, pvPeakKw });
    this.#disturbances = disturbances;
  }

  /** kW, positive while it discharges; 0 where there is no battery. */
  get batteryKw(): number {
    return this.battery?.powerKw ?? 0;
  }

  /** kW drawn at the site meter; negative when the site exports. */
  get importKw(): number {
    return this.loadKw - this.pvKw - this.batteryKw;
  }

  step(tMs: number, elapsedMs: number): void {
    const { loadSteps, clouds } = this.#disturbances;
    this.battery?.step(elapsedMs);
    this.loadKw = Math.max(0, this.#profile.loadKw(tMs) + addedKw(loadSteps, this.site, tMs));
    const availableKw = this.#profile.pvAvailableKw(tMs) * sunShare(clouds, tMs);
    this.pvKw = Math.min(availableKw, this.pvLimitKw ?? Number.POSITIVE_INFINITY);
  }
}

/** A background bus draws its load's share of one residential profile; its seed index lies apart from the sites'. */
const BACKGROUND_INDEX = 1_000;

/**
 * The physics that agents meet: loads, sun and batteries behind site meters, on a feeder solved by power
 * flow at every step. Loads and sun, disturbed or not, are functions of time alone, so live and virtual runs see the same.
 */
export class Plant {
  readonly sites: ReadonlyMap<string, SitePlant>;
  readonly #flow: PowerFlow;
  readonly #buses: readonly { load: (tMs: number) => number; kvarPerKw: number }[];
  readonly #siteAt: readonly (SitePlant | null)[];
  readonly #loads: FlowLoads;
  #nowMs: number;
  #voltagePu: Float64Array = new Float64Array();
  #state: FeederState = { importKw: 0, lossKw: 0, minVoltage: { bus: '', pu: 1 } };

  constructor(options: PlantOptions) {
    const { feeder, seed, disturbances = UNDISTURBED } = options;
    const sites = options.sites.map(
      (site, index) => new SitePlant(site, seed, index, disturbances),
    );
    this.sites = new Map(sites.map((site) => [site.site, site]));
    for (const site of sites) {
      assert(
        feeder.buses.some((bus) => bus.id === site.bus),
        `the feeder has a bus ${site.bus}`,
      );
    }
    const taken = new Set(sites.map((site) => site.bus));
    assert(
      taken.size === sites.length,
      'a bus has one site, whose load takes the place of its own',
    );
    this.#flow = new PowerFlow(feeder);
    this.#siteAt = feeder.buses.map((bus) => sites.find((site) => site.bus === bus.id) ?? null);
    this.#buses = feeder.buses.map((bus, index) => {
      const peakLoadKw = bus.loadKw ?? 0;
      const profile = siteProfile({
        seed,
        index: BACKGROUND_INDEX + index,
        peakLoadKw,
        pvPeakKw: 0,
      });
      const kvarPerKw = peakLoadKw === 0 ? 0 : (bus.loadKvar ?? 0) / peakLoadKw;
      return { load: profile.loadKw, kvarPerKw };
    });
    this.#loads = this.#flow.loads();
    this.#nowMs = options.startMs;
    this.step(options.startMs);
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get feeder(): FeederState {
    return this.#state;
  }

  /** Of each bus, in the feeder's order; NaN where nothing feeds it. Each step makes its own. */
  get voltagePu(): Readonly<Float64Array> {
    return this.#voltagePu;
  }

  /** Brings the plant to Unix time `tMs`; time does not run backwards. @throws {GridError} flow_diverged */
  step(tMs: number): void {
    const elapsedMs = Math.max(0, tMs - this.#nowMs);
    this.#nowMs = Math.max(this.#nowMs, tMs);
    for (const site of this.sites.values()) site.step(this.#nowMs, elapsedMs);
    this.#buses.forEach(({ load, kvarPerKw }, at) => {
      const site = this.#siteAt[at] ?? null;
      const drawnKw = site === null ? load(this.#nowMs) : site.loadKw;
      this.#loads.loadKw[at] = site === null ? drawnKw : site.importKw;
      this.#loads.loadKvar[at] = drawnKw * kvarPerKw;
    });
    this.#solve();
  }

  #solve(): void {
    const { importKw, lossKw, minVoltage, voltagePu } = this.#flow.solve(this.#loads);
    this.#siteAt.forEach((site, at) => {
      // A bus that nothing feeds has no voltage at all.
      if (site !== null) site.voltagePu = voltagePu[at] || 0;
    });
    this.#voltagePu = voltagePu;
    this.#state = { importKw, lossKw, minVoltage };
  }
}
