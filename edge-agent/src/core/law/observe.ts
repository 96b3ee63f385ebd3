import type { AssetId } from '@tieline/kernel';
import { type AssetControl, type ControlState, isFresh } from './control-state.ts';
import { countDemand } from './demand-window.ts';
import { smoothImport } from './forecast.ts';
import { isMeasured, type ProcessImage } from './process-image.ts';

/** Takes a cycle's measurements in: what was imported, what each asset did, what the forecast feeds on. */
export function observe(state: ControlState, image: ProcessImage): ControlState {
  const assets = seeAssets(state, image);
  const importKw = siteImportKw(state, image);
  if (importKw === null) return { ...state, assets };
  const uncontrolledKw = importKw + storePowerKw(state, assets, image.sessionMs);
  return {
    ...state,
    assets,
    demand: countDemand(state.demand, image, importKw),
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

/** What the stores put out, kW. One that nobody reads any more is no store now, but part of what the site draws. */
function storePowerKw(state: ControlState, assets: ControlState['assets'], nowMs: number): number {
  let sumKw = 0;
  for (const rating of state.ratings) {
    const seen = assets[rating.asset]?.seen ?? null;
    if (rating.kind === 'battery' && isFresh(seen, nowMs)) sumKw += seen.activePowerKw;
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
