import type { AssetRatings } from '@tieline/edge-agent';
import { embeddedFeeder, type Feeder } from '@tieline/grid';
import type { SitePolicy } from '@tieline/protocol';
import type { PlantSiteOptions } from '../plant/plant.ts';

/** One simulated site: where it hangs, what stands there, and what its policy allows. */
export interface SimulatedSite {
  readonly plant: PlantSiteOptions;
  readonly ratings: readonly AssetRatings[];
  readonly policy: SitePolicy;
  readonly ratedImportKw: number;
}

/** The feeder that the demo and the virtual day run on. */
export interface SimulatedFeeder {
  readonly deployment: string;
  readonly feeder: Feeder;
  readonly sites: readonly SimulatedSite[];
}

interface SiteSize {
  readonly site: string;
  readonly bus: string;
  /** Load of an ordinary evening peak, kW. */
  readonly peakLoadKw: number;
  readonly pvPeakKw: number;
  /** Battery inverter, kW, and usable store, kWh. */
  readonly batteryKw: number;
  readonly batteryKwh: number;
  /** The quarter-hour mean import that the site pays for, kW. */
  readonly limitKw: number;
}

/**
 * Three sites on the weak ends of the feeder. Each limit lies well below the site's evening peak, and as high as its
 * battery needs to last through the evening: a limit that empties the battery saves nothing.
 */
const SITES: readonly SiteSize[] = [
  {
    site: 'mill-lane',
    bus: '18',
    peakLoadKw: 180,
    pvPeakKw: 60,
    batteryKw: 80,
    batteryKwh: 160,
    limitKw: 148,
  },
  {
    site: 'harbour',
    bus: '25',
    peakLoadKw: 420,
    pvPeakKw: 120,
    batteryKw: 160,
    batteryKwh: 320,
    limitKw: 332,
  },
  {
    site: 'old-foundry',
    bus: '32',
    peakLoadKw: 210,
    pvPeakKw: 80,
    batteryKw: 90,
    batteryKwh: 180,
    limitKw: 162,
  },
];

/** An evening peak on the Baran & Wu 33-bus feeder, three of whose loads are sites with an agent. */
export function eveningPeak(): SimulatedFeeder {
  return {
    deployment: 'evening-peak',
    feeder: embeddedFeeder('baran-wu-33'),
    sites: SITES.map(simulatedSite),
  };
}

function simulatedSite(size: SiteSize): SimulatedSite {
  const { site, bus, peakLoadKw, pvPeakKw, batteryKw, batteryKwh } = size;
  return {
    ratedImportKw: peakLoadKw,
    plant: {
      site,
      bus,
      peakLoadKw,
      pvPeakKw,
      stateOfCharge: 0.7,
      battery: {
        powerMaxKw: batteryKw,
        energyKwh: batteryKwh,
        chargeEfficiency: 0.96,
        dischargeEfficiency: 0.96,
        rampKwPerS: batteryKw / 4,
      },
    },
    ratings: [
      rating('meter', 'meter'),
      rating('load', 'load'),
      rating('battery', 'battery', batteryKw, batteryKw, batteryKwh),
      rating('pv', 'pv', pvPeakKw),
    ],
    policy: sitePolicy(size),
  };
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

/** Automation may use four fifths of the battery; people may use all but a tenth. */
function sitePolicy({ site, peakLoadKw, pvPeakKw, batteryKw, limitKw }: SiteSize): SitePolicy {
  return {
    site,
    importMaxKw: Math.round(peakLoadKw * 1.4),
    exportMaxKw: Math.round(pvPeakKw + batteryKw),
    quarterHourImportMaxKw: limitKw,
    rechargeImportMaxKw: Math.round(limitKw * 0.75),
    assets: [
      {
        asset: 'battery',
        limit: { minKw: -0.9 * batteryKw, maxKw: 0.9 * batteryKw },
        margin: { minKw: -0.5 * batteryKw, maxKw: 0.8 * batteryKw },
        reserveStateOfCharge: 0.15,
        rampKwPerS: batteryKw / 4,
        safePowerKw: 0,
      },
      {
        asset: 'pv',
        limit: { minKw: 0, maxKw: pvPeakKw },
        margin: { minKw: 0, maxKw: pvPeakKw },
        reserveStateOfCharge: 0,
        rampKwPerS: pvPeakKw,
        safePowerKw: 0,
      },
    ],
    dwellMs: 20_000,
    reversalsPerHourMax: 6,
    releaseWithinMs: 10_000,
    commandsPerHourMax: 60,
  };
}
