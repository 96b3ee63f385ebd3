import type { AssetPolicy, SitePolicy } from '@tieline/protocol';
import type { SimulatedSite } from '../../deployment/simulated-site.ts';
import type { DeviceModel } from '../../devices/device-model.ts';
import type { ObservedRun } from '../controlled-run.ts';
import type { Scenario } from '../scenario.ts';

/** Registers keep powers in steps. */
export const TOLERANCE_KW = 0.1;
/** So much of what a connection allows. */
const NEARLY = 0.95;
/** What a limit has clipped is let go again within a minute. */
const LET_GO_WITHIN_MS = 62_000;

/** One controllable device of a site, and what its policy gives it. */
export interface Controlled {
  readonly site: SimulatedSite;
  readonly model: DeviceModel;
  readonly policy: AssetPolicy;
}

/** The controllable devices of all sites. */
export function devicesOf({ simulated }: Scenario, run: ObservedRun): Controlled[] {
  return simulated.sites.flatMap((site) => {
    const models = run.devices.get(site.plant.site)?.models ?? [];
    return models.flatMap((model) => {
      const policy = site.policy.assets.find(({ asset }) => asset === model.ratings.asset);
      return policy === undefined || !model.controllable ? [] : [{ site, model, policy }];
    });
  });
}

export function nameOf({ site, model }: Controlled): string {
  return `${site.plant.site} ${model.ratings.asset}`;
}

/** When each site would last have passed what its connection allows, had its battery rested and its cars drawn freely. */
export class Forcing {
  readonly #scenario: Scenario;
  /** By site, ms after the scenario began. */
  readonly #forcedMs = new Map<string, number>();

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
  }

  /** Whether that is so now, or was a little ago. */
  lately({ site }: Controlled, run: ObservedRun, nowMs: number): boolean {
    const name = site.plant.site;
    const plant = run.plant.sites.get(name);
    // A policy may come and go between two looks.
    const lately = { sinceMs: nowMs - LET_GO_WITHIN_MS, nowMs };
    const { importMaxKw, exportMaxKw } = connectionOf(site, this.#scenario, run, lately);
    const withoutKw = plant === undefined ? 0 : plant.loadKw + plant.evHeldBackKw - plant.pvKw;
    if (withoutKw > importMaxKw - TOLERANCE_KW || withoutKw < TOLERANCE_KW - exportMaxKw) {
      this.#forcedMs.set(name, nowMs);
    }
    return nowMs - (this.#forcedMs.get(name) ?? Number.NEGATIVE_INFINITY) <= LET_GO_WITHIN_MS;
  }
}

/** ms after the scenario began. */
interface Span {
  readonly sinceMs: number;
  readonly nowMs: number;
}

/**
 * Whether a site has nearly used up what its connection allows, or allowed since `sinceMs`: then that holds its battery back.
 * @param askedKw  of its battery, before it moved
 */
export function isConnectionFull(
  { site }: Controlled,
  scenario: Scenario,
  run: ObservedRun,
  span: Span,
  askedKw: number | null,
): boolean {
  const { importMaxKw, exportMaxKw } = connectionOf(site, scenario, run, span);
  const plant = run.plant.sites.get(site.plant.site);
  const importKw = plant?.importKw ?? 0;
  // Behind an outage a battery draws later than it is asked to; its agent makes room for all of it at once.
  const followedKw = importKw + (plant?.battery?.powerKw ?? 0) - (askedKw ?? 0);
  return [importKw, followedKw].some(
    (kw) => kw > importMaxKw * NEARLY || -kw > exportMaxKw * NEARLY,
  );
}

/** The least that a site's connection allows by any policy that its agent may go by, or went by since `sinceMs`. */
function connectionOf(
  { plant, policy }: SimulatedSite,
  { timeline }: Scenario,
  run: ObservedRun,
  { sinceMs, nowMs }: Span,
): Pick<SitePolicy, 'importMaxKw' | 'exportMaxKw'> {
  // Behind a cut link an agent goes by what it has. The first version is the scenario's, and each event makes the next.
  const heldVersion = run.control?.agent(plant.site).reported?.policy ?? 1;
  let last = { importMaxKw: policy.importMaxKw, exportMaxKw: policy.exportMaxKw };
  let least = last;
  let version = 1;
  for (const { at, policy: changes } of timeline) {
    if (changes === undefined || at > nowMs) continue;
    version += 1;
    const { importMaxKw = last.importMaxKw, exportMaxKw = last.exportMaxKw } =
      changes.site === plant.site ? changes : {};
    last = { importMaxKw, exportMaxKw };
    least =
      version <= heldVersion && at <= sinceMs
        ? last
        : {
            importMaxKw: Math.min(least.importMaxKw, importMaxKw),
            exportMaxKw: Math.min(least.exportMaxKw, exportMaxKw),
          };
  }
  return least;
}
