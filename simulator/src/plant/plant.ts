import type { Feeder, FlowLoads, FlowSolution } from '@tieline/grid';
import { assert } from '@tieline/kernel';
import { type Disturbances, UNDISTURBED } from './disturbances.ts';
import { Loading } from './loading.ts';
import type { Signal } from './profiles/noise.ts';
import { siteProfile } from './profiles/site-profile.ts';
import { weather as skyOf, type WeatherSource } from './profiles/weather.ts';
import { type PlantSiteOptions, SitePlant } from './site-plant.ts';
import { Switchgear } from './switchgear.ts';
import { TapChanger, type TapChangerOptions } from './tap-changer.ts';

/** The plant moves once a second, like the agents. */
export const STEP_MS = 1_000;

export interface PlantOptions {
  readonly feeder: Feeder;
  readonly sites: readonly PlantSiteOptions[];
  /** Any integer; the same seed gives the same loads, sun and weather at every instant. */
  readonly seed: number;
  /** Unix time at which the plant begins, ms. */
  readonly startMs: number;
  readonly disturbances?: Disturbances;
  readonly weather?: WeatherSource;
  /** The source's voltage stays as the feeder has it without one. */
  readonly tapChanger?: TapChangerOptions;
}

/** What the feeder does at one instant. */
export interface FeederState {
  /** Drawn from the substation, kW. */
  readonly importKw: number;
  readonly lossKw: number;
  readonly minVoltage: { readonly bus: string; readonly pu: number };
  /** Highest of all branches, % of its rating; null where none is rated. */
  readonly loadingPercent: number | null;
  /** Steps of the tap changer above its middle; null where there is none. */
  readonly tap: number | null;
}

/** A bus without sites has a residential profile of its own; its seed index lies apart from the sites'. */
const BACKGROUND_INDEX = 1_000;

/**
 * The physics that agents meet: loads, sun and batteries behind site meters, on a feeder solved by power
 * flow at every step. Loads, sun and switches, disturbed or not, are functions of time alone, so live and virtual runs
 * see the same.
 */
export class Plant {
  readonly sites: ReadonlyMap<string, SitePlant>;
  readonly #switchgear: Switchgear;
  readonly #loading: Loading;
  readonly #buses: readonly BusLoad[];
  /** Of each bus; none: it draws its own load. */
  readonly #sitesAt: readonly (readonly SitePlant[])[];
  readonly #loads: Required<FlowLoads>;
  readonly #tapChanger: TapChanger | null;
  /** Its place among the buses. */
  readonly #heldBus: number;
  readonly #slackPu: number;
  #nowMs: number;
  #solution: FlowSolution;
  #state: FeederState;

  /** @throws {GridError} flow_diverged | feeder_too_meshed | loop_without_impedance */
  constructor(options: PlantOptions) {
    const { feeder, seed, disturbances = UNDISTURBED, weather = {}, tapChanger } = options;
    const sky = skyOf(seed, weather);
    const outside = { seed, disturbances, weather, temperatureC: sky.temperatureC };
    const kvarPerKw = new Map(feeder.buses.map((bus) => [bus.id, kvarPerKwOf(bus)]));
    const sites = options.sites.map((site, index) => {
      const drawn = { kvarPerKw: kvarPerKw.get(site.bus) ?? 0 };
      return new SitePlant(site, index, { ...outside, ...drawn });
    });
    this.sites = new Map(sites.map((site) => [site.site, site]));
    assertPlaced(feeder, sites);
    this.#switchgear = new Switchgear(withLoadsOf(feeder, options.sites), disturbances.switchings);
    this.#loading = new Loading(feeder);
    const byBus = Map.groupBy(sites, (site) => site.bus);
    this.#sitesAt = feeder.buses.map((bus) => byBus.get(bus.id) ?? []);
    this.#buses = feeder.buses.map((bus, index) => busLoad(bus, index, { seed, weather }));
    const zeros = (): Float64Array => new Float64Array(feeder.buses.length);
    this.#loads = {
      ...{ loadKw: zeros(), loadKvar: zeros() },
      ...{ elasticKw: zeros(), elasticKvar: zeros() },
    };
    this.#tapChanger = tapChanger === undefined ? null : new TapChanger(tapChanger);
    this.#heldBus = feeder.buses.findIndex(({ id }) => id === tapChanger?.bus);
    assert(
      tapChanger === undefined || this.#heldBus >= 0,
      'a tap changer holds a bus that there is',
    );
    this.#slackPu = feeder.slack.voltagePu;
    this.#nowMs = options.startMs;
    this.#solution = this.#solved(0);
    this.#state = this.#said();
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get feeder(): FeederState {
    return this.#state;
  }

  /** Of each bus, in the feeder's order; NaN where nothing feeds it. Each step makes its own. */
  get voltagePu(): Readonly<Float64Array> {
    return this.#solution.voltagePu;
  }

  /** Of each branch, in the feeder's order, A; 0 where it is open. Each step makes its own. */
  get currentA(): Readonly<Float64Array> {
    return this.#solution.currentA;
  }

  /** In the feeder's order, closed and open as they stand now. */
  get branches(): Feeder['branches'] {
    return this.#switchgear.flow.feeder.branches;
  }

  /** % of the rating of a branch; null where it has none. */
  loadingPercent(branch: string): number | null {
    return this.#loading.of(branch, this.#solution.currentA);
  }

  /** Brings the plant to Unix time `tMs`; time does not run backwards. @throws {GridError} as the constructor */
  step(tMs: number): void {
    const elapsedMs = Math.max(0, tMs - this.#nowMs);
    this.#nowMs = Math.max(this.#nowMs, tMs);
    this.#tapChanger?.step(this.#nowMs, this.voltagePu[this.#heldBus] ?? Number.NaN);
    this.#solution = this.#solved(elapsedMs);
    this.#state = this.#said();
  }

  #said(): FeederState {
    const { importKw, lossKw, minVoltage, currentA } = this.#solution;
    const loadingPercent = this.#loading.highest(currentA);
    return { importKw, lossKw, minVoltage, loadingPercent, tap: this.#tapChanger?.tap ?? null };
  }

  #solved(elapsedMs: number): FlowSolution {
    const nowMs = this.#nowMs;
    this.#switchgear.step(nowMs);
    const { flow } = this.#switchgear;
    const { loadKw, loadKvar, elasticKw, elasticKvar } = this.#loads;
    this.#buses.forEach((bus, at) => {
      const here = this.#sitesAt[at] ?? [];
      let drawnKw = here.length === 0 ? bus.loadKw(nowMs) : 0;
      let drawnKvar = here.length === 0 ? bus.loadKvar(drawnKw) : 0;
      let importKw = drawnKw;
      let batteryKvar = 0;
      for (const site of here) {
        site.step(nowMs, elapsedMs, flow.isFed(at));
        drawnKw += site.elasticKw;
        drawnKvar += site.loadKvar;
        importKw += site.importKw;
        batteryKvar += site.batteryKvar;
      }
      loadKw[at] = importKw;
      elasticKw[at] = drawnKw;
      elasticKvar[at] = drawnKvar;
      loadKvar[at] = drawnKvar - batteryKvar;
    });
    const slackPu = this.#slackPu * (this.#tapChanger?.ratio ?? 1);
    const solution = flow.solve(this.#loads, undefined, slackPu);
    // A bus that nothing feeds has no voltage at all.
    for (const [at, here] of this.#sitesAt.entries()) {
      for (const site of here) site.settle(solution.voltagePu[at] || 0);
    }
    return solution;
  }
}

/** What a bus without sites draws. */
interface BusLoad {
  readonly loadKw: Signal;
  readonly loadKvar: (loadKw: number) => number;
}

/** What draws follows a day; a plant that feeds, or a capacitor, stands as the feeder has it. */
function busLoad(
  bus: Feeder['buses'][number],
  index: number,
  { seed, weather }: { readonly seed: number; readonly weather: WeatherSource },
): BusLoad {
  const { loadKw: peakLoadKw = 0, loadKvar = 0 } = bus;
  if (peakLoadKw <= 0) return { loadKw: () => peakLoadKw, loadKvar: () => loadKvar };
  const own = { index: BACKGROUND_INDEX + index, peakLoadKw, pvPeakKw: 0 };
  const { loadKw } = siteProfile({ seed, weather, ...own });
  const kvarPerKw = kvarPerKwOf(bus);
  return { loadKw, loadKvar: (kw) => kw * kvarPerKw };
}

/** What a load at a bus draws besides each kW. */
function kvarPerKwOf({ loadKw = 0, loadKvar = 0 }: Feeder['buses'][number]): number {
  return loadKw > 0 ? loadKvar / loadKw : 0;
}

function assertPlaced({ buses }: Feeder, sites: readonly SitePlant[]): void {
  for (const { bus } of sites) {
    assert(
      buses.some(({ id }) => id === bus),
      `the feeder has a bus ${bus}`,
    );
  }
}

/** The feeder whose loads follow the voltage as those of the sites do, where there is one; several at a bus, alike. */
function withLoadsOf(feeder: Feeder, sites: readonly PlantSiteOptions[]): Feeder {
  const buses = feeder.buses.map((bus) => {
    const site = sites.find((one) => one.bus === bus.id);
    if (site === undefined) return bus;
    const { zip: _, ...rest } = bus;
    return site.zip === undefined ? rest : { ...rest, zip: site.zip };
  });
  return { ...feeder, buses };
}
