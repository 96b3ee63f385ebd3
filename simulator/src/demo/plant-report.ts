import type { Plant } from '../plant/plant.ts';
import type { Trace } from '../virtual/trace.ts';

/** One site as the plant knows it: the truth that meters only approximate. */
export interface SiteReport {
  readonly site: string;
  readonly loadKw: number;
  readonly pvKw: number;
  /** Positive = discharge. */
  readonly batteryKw: number;
  readonly stateOfCharge: number;
  readonly importKw: number;
  /** Mean import over the quarter hour that runs, so far: what the agent holds under its limit. */
  readonly quarterHourKw: number;
  readonly voltagePu: number;
}

/** What the screen shows of the plant. */
export interface PlantReport {
  /** Simulated Unix time, ms. */
  readonly tMs: number;
  readonly importKw: number;
  readonly minVoltage: { readonly bus: string; readonly pu: number };
  /** Highest quarter-hour mean import of the feeder so far, kW; null before a whole quarter hour. */
  readonly peakImportKw: number | null;
  /** Lowest voltage so far, per unit. */
  readonly lowestVoltagePu: number;
  readonly sites: readonly SiteReport[];
}

export function plantReport(plant: Plant, trace: Trace): PlantReport {
  return {
    tMs: plant.nowMs,
    importKw: plant.feeder.importKw,
    minVoltage: plant.feeder.minVoltage,
    peakImportKw: trace.peakImportKw,
    lowestVoltagePu: trace.minVoltagePu,
    sites: [...plant.sites.values()].map((site) => ({
      site: site.site,
      loadKw: site.loadKw,
      pvKw: site.pvKw,
      batteryKw: site.batteryKw,
      // Every site of the evening peak has a battery.
      stateOfCharge: site.battery!.stateOfCharge,
      importKw: site.importKw,
      quarterHourKw: trace.siteRunningKw(site.site),
      voltagePu: site.voltagePu,
    })),
  };
}
