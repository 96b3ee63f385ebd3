import type { Feeder, FlowLoads, FlowSolution } from '@tieline/grid';
import { assert } from '@tieline/kernel';
import { type Disturbances, UNDISTURBED } from './disturbances.ts';
import { Loading } from './loading.ts';
import { siteProfile } from './profiles/site-profile.ts';
import type { WeatherSource } from './profiles/weather.ts';
import { type PlantSiteOptions, SitePlant } from './site-plant.ts';
import { Switchgear } from './switchgear.ts';

export interface PlantOptions {
  readonly feeder: Feeder;
  readonly sites: readonly PlantSiteOptions[];
  /** Any integer; the same seed gives the same loads, sun and weather at every instant. */
  readonly seed: number;
  /** Unix time at which the plant begins, ms. */
  readonly startMs: number;
  readonly disturbances?: Disturbances;
  readonly weather?: WeatherSource;
}

/** What the feeder does at one instant. */
export interface FeederState {
  /** Drawn from the substation, kW. */
  readonly importKw: number;
  readonly lossKw: number;
  readonly minVoltage: { readonly bus: string; readonly pu: number };
  /** Highest of all branches, % of its rating; null where none is rated. */
  readonly loadingPercent: number | null;
}

/** A background bus draws its load's share of one residential profile; its seed index lies apart from the sites'. */
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
  readonly #buses: readonly { load: (tMs: number) => number; kvarPerKw: number }[];
  readonly #siteAt: readonly (SitePlant | null)[];
  readonly #loads: Required<FlowLoads>;
  #nowMs: number;
  #solution: FlowSolution;
  #state: FeederState;

  /** @throws {GridError} flow_diverged | feeder_too_meshed | loop_without_impedance */
  constructor(options: PlantOptions) {
    const { feeder, seed, disturbances = UNDISTURBED, weather = {} } = options;
    const outside = { seed, disturbances, weather };
    const sites = options.sites.map((site, index) => new SitePlant(site, index, outside));
    this.sites = new Map(sites.map((site) => [site.site, site]));
    assertPlaced(feeder, sites);
    this.#switchgear = new Switchgear(withLoadsOf(feeder, options.sites), disturbances.switchings);
    this.#loading = new Loading(feeder);
    this.#siteAt = feeder.buses.map((bus) => sites.find((site) => site.bus === bus.id) ?? null);
    this.#buses = feeder.buses.map((bus, index) => {
      const peakLoadKw = bus.loadKw ?? 0;
      const profile = siteProfile({
        seed,
        index: BACKGROUND_INDEX + index,
        peakLoadKw,
        pvPeakKw: 0,
        weather,
      });
      const kvarPerKw = peakLoadKw === 0 ? 0 : (bus.loadKvar ?? 0) / peakLoadKw;
      return { load: profile.loadKw, kvarPerKw };
    });
    const zeros = (): Float64Array => new Float64Array(feeder.buses.length);
    const loadKvar = zeros();
    this.#loads = { loadKw: zeros(), loadKvar, elasticKw: zeros(), elasticKvar: loadKvar };
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

  /** % of the rating of a branch; null where it has none. */
  loadingPercent(branch: string): number | null {
    return this.#loading.of(branch, this.#solution.currentA);
  }

  /** Brings the plant to Unix time `tMs`; time does not run backwards. @throws {GridError} as the constructor */
  step(tMs: number): void {
    const elapsedMs = Math.max(0, tMs - this.#nowMs);
    this.#nowMs = Math.max(this.#nowMs, tMs);
    this.#solution = this.#solved(elapsedMs);
    this.#state = this.#said();
  }

  #said(): FeederState {
    const { importKw, lossKw, minVoltage, currentA } = this.#solution;
    return { importKw, lossKw, minVoltage, loadingPercent: this.#loading.highest(currentA) };
  }

  #solved(elapsedMs: number): FlowSolution {
    const nowMs = this.#nowMs;
    this.#switchgear.step(nowMs);
    const { flow } = this.#switchgear;
    const { loadKw, loadKvar, elasticKw } = this.#loads;
    for (const [at, site] of this.#siteAt.entries()) site?.step(nowMs, elapsedMs, flow.isFed(at));
    this.#buses.forEach(({ load, kvarPerKw }, at) => {
      const site = this.#siteAt[at] ?? null;
      const drawnKw = site === null ? load(nowMs) : site.loadKw;
      loadKw[at] = site === null ? drawnKw : site.importKw;
      elasticKw[at] = drawnKw;
      loadKvar[at] = drawnKw * kvarPerKw;
    });
    const solution = flow.solve(this.#loads);
    // A bus that nothing feeds has no voltage at all.
    for (const [at, site] of this.#siteAt.entries()) site?.settle(solution.voltagePu[at] || 0);
    return solution;
  }
}

function assertPlaced({ buses }: Feeder, sites: readonly SitePlant[]): void {
  for (const { bus } of sites) {
    assert(
      buses.some(({ id }) => id === bus),
      `the feeder has a bus ${bus}`,
    );
  }
  const taken = new Set(sites.map((site) => site.bus));
  assert(taken.size === sites.length, 'a bus has one site, whose load takes the place of its own');
}

/** The feeder whose loads follow the voltage as those of the sites do, where there is a site. */
function withLoadsOf(feeder: Feeder, sites: readonly PlantSiteOptions[]): Feeder {
  const buses = feeder.buses.map((bus) => {
    const site = sites.find((one) => one.bus === bus.id);
    if (site === undefined) return bus;
    const { zip: _, ...rest } = bus;
    return site.zip === undefined ? rest : { ...rest, zip: site.zip };
  });
  return { ...feeder, buses };
}
