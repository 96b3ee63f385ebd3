import type { AssetId } from '@tieline/kernel';
import { type AssetControl, type ControlState, READING_AGE_MAX_MS } from './control-state.ts';
import { countDemand } from './demand-window.ts';
import { smoothImport } from './forecast.ts';
import { isMeasured, type ProcessImage } from './process-image.ts';

/** Takes a cycle's measurements in: what was imported, what each asset did, what the forecast feeds on. */
export function observe(state: ControlState, image: ProcessImage): ControlState {
  const assets = seeAssets(state, image);
  const importKw = siteImportKw(state, image);
  if (importKw === null) return { ...state, assets };
  const storesKw = storePowerKw(state, assets, image.sessionMs);
  const demand = countDemand(state.demand, image, importKw);
  // Without knowing what the stores did, nobody knows what the site would draw without them.
  if (storesKw === null) return { ...state, assets, demand };
  const uncontrolledKw = importKw + storesKw;
  return {
    ...state,
    assets,
    demand,
    uncontrolled: { importKw: uncontrolledKw, atMs: image.sessionMs },
    forecast: smoothImport(state.forecast, image.sessionMs, uncontrolledKw),
  };
}

/** kW drawn from the feeder at the site meter, negative when exporting; null when it was not measured. */
export function siteImportKw(state: ControlState, image: ProcessImage): number | null {
  const meter = state.ratings.find((rating) => rating.kind === 'meter');
  const reading = meter === undefined ? undefined : image.readings[meter.asset];
  return isMeasured(reading) ? 0 - reading.activePowerKw : null;
}

function seeAssets(state: ControlState, image: ProcessImage): ControlState['assets'] {
  const assets: Record<AssetId, AssetControl> = {};
  for (const [asset, control] of Object.entries(state.assets)) {
    const reading = image.readings[asset];
    assets[asset] = isMeasured(reading)
      ? {
          ...control,
          seen: {
            atMs: image.sessionMs,
            activePowerKw: reading.activePowerKw,
            stateOfCharge: reading.stateOfCharge,
          },
        }
      : control;
  }
  return assets;
}

function storePowerKw(
  state: ControlState,
  assets: ControlState['assets'],
  nowMs: number,
): number | null {
  let sumKw = 0;
  for (const rating of state.ratings) {
    if (rating.kind !== 'battery') continue;
    const seen = assets[rating.asset]?.seen ?? null;
    if (seen === null || nowMs - seen.atMs > READING_AGE_MAX_MS) return null;
    sumKw += seen.activePowerKw;
  }
  return sumKw;
}

/** What the site's PV gives now, kW. */
export function pvPowerKw(state: ControlState, image: ProcessImage): number {
  let sumKw = 0;
  for (const rating of state.ratings) {
    const reading = rating.kind === 'pv' ? image.readings[rating.asset] : undefined;
    if (isMeasured(reading)) sumKw += reading.activePowerKw;
  }
  return sumKw;
}
