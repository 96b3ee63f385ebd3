import type { AssetId } from '@tieline/kernel';
import type { AssetMeasurement, AssetRatings } from '../../ports/devices.ts';
import { type AssetControl, type ControlState, isFresh } from './control-state.ts';
import { countDemand } from './demand-window.ts';
import { smoothImport } from './forecast.ts';
import { isMeasured, type ProcessImage } from './process-image.ts';
import { follows, gives } from './read-back.ts';

/** Takes a cycle's measurements in: what was imported, what each asset did, what the forecast feeds on. */
export function observe(state: ControlState, image: ProcessImage): ControlState {
  const assets = seeAssets(state, image);
  const importKw = siteImportKw(state, image);
  if (importKw === null) return { ...state, assets };
  const uncontrolledKw = importKw + steeredPowerKw({ ...state, assets }, image.sessionMs);
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
  for (const rating of state.ratings) {
    const { asset } = rating;
    const control = state.assets[asset];
    const reading = image.readings[asset];
    if (control === undefined) continue;
    assets[asset] = isMeasured(reading) ? see(control, rating, reading, image.sessionMs) : control;
  }
  return assets;
}

function see(
  control: AssetControl,
  rating: AssetRatings,
  reading: AssetMeasurement,
  nowMs: number,
): AssetControl {
  const { activePowerKw, stateOfCharge } = reading;
  const stray = strayOf(control, rating, reading, nowMs);
  return { ...control, stray, seen: { atMs: nowMs, activePowerKw, stateOfCharge } };
}

/** An asset has this long to do what it is asked for; then it counts as what it does. */
const FOLLOWS_WITHIN_MS = 5_000;

/** Whether an asset gives or draws what it does whatever it is asked for. */
export function goesOwnWay({ stray }: AssetControl, nowMs: number): boolean {
  return stray !== null && nowMs - stray.sinceMs >= FOLLOWS_WITHIN_MS;
}

function strayOf(
  control: AssetControl,
  rating: AssetRatings,
  { activePowerKw, local }: AssetMeasurement,
  nowMs: number,
): AssetControl['stray'] {
  const { askedKw, stray } = control;
  // In local control nothing was asked.
  if (local || askedKw === null) return null;
  if (!follows(rating, activePowerKw, askedKw)) {
    return stray ?? { sinceMs: nowMs, powerKw: activePowerKw };
  }
  if (rating.kind !== 'battery') return null;
  // One that has not moved since agrees by chance: believed, it would be found out again, without end.
  const unmoved = stray !== null && gives(rating, activePowerKw, stray.powerKw);
  return unmoved && goesOwnWay(control, nowMs) ? stray : null;
}

/**
 * What the stores and the flexible loads put out, kW, negative while they draw. One that nobody reads any more is none
 * of them now, but part of what the site draws.
 */
function steeredPowerKw(state: ControlState, nowMs: number): number {
  let sumKw = flexiblePowerKw(state, nowMs);
  for (const rating of state.ratings) {
    const seen = state.assets[rating.asset]?.seen ?? null;
    if (rating.kind === 'battery' && isFresh(seen, nowMs)) sumKw += seen.activePowerKw;
  }
  return sumKw;
}

/** What the flexible loads put out as they were last read, kW: negative while they draw. */
export function flexiblePowerKw({ ratings, assets }: ControlState, nowMs: number): number {
  let sumKw = 0;
  for (const rating of ratings) {
    const seen = assets[rating.asset]?.seen ?? null;
    if (rating.kind === 'flexible-load' && isFresh(seen, nowMs)) sumKw += seen.activePowerKw;
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
