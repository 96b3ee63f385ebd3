import { type AssetId, roundToWatt } from '@tieline/kernel';
import type { ClockState } from '@tieline/protocol';
import type {
  AssetMeasurement,
  AssetRatings,
  AssetReading,
  DeviceFault,
} from '../../ports/devices.ts';

/** What the control law sees of one asset: the numbers, or why there are none. */
export type ImageReading = AssetMeasurement | DeviceFault;

/** One cycle's frozen inputs. Whatever is decided is decided on this alone, so that a log repeats. */
export interface ProcessImage {
  /** The agent's session clock when the cycle began, whole ms. */
  readonly sessionMs: number;
  /** Unix time, whole ms, as far as `clock` says that it is believed. */
  readonly wallMs: number;
  readonly clock: ClockState;
  readonly readings: Readonly<Record<AssetId, ImageReading>>;
}

export function isMeasured(reading: ImageReading | undefined): reading is AssetMeasurement {
  return typeof reading === 'object';
}

/** Freezes what the devices answered; a reading that cannot be true counts as none. */
export function freezeImage(
  at: Pick<ProcessImage, 'sessionMs' | 'wallMs' | 'clock'>,
  ratings: readonly AssetRatings[],
  answers: ReadonlyMap<AssetId, AssetReading>,
): ProcessImage {
  const readings: Record<AssetId, ImageReading> = {};
  for (const rating of ratings) {
    const answer = answers.get(rating.asset);
    if (answer === undefined) readings[rating.asset] = 'silent';
    else if (!answer.ok) readings[rating.asset] = answer.fault;
    else readings[rating.asset] = plausible(answer.measured, rating);
  }
  return { ...at, readings };
}

/** A meter or a load without a nameplate is believed up to this power. */
const UNRATED_MAX_KW = 100_000;
/** Devices overshoot their nameplate a little; more than this factor is a wrong scale or unit. */
const OVERSHOOT = 1.5;

function plausible(measured: AssetMeasurement, rating: AssetRatings): ImageReading {
  const largestKw = Math.max(rating.dischargeMaxKw, rating.chargeMaxKw) * OVERSHOOT;
  const boundKw = largestKw > 0 ? largestKw : UNRATED_MAX_KW;
  const { stateOfCharge, setpointKw, reversionRemainingS } = measured;
  const believable =
    within(measured.activePowerKw, -boundKw, boundKw) &&
    within(measured.reactivePowerKvar, -boundKw, boundKw) &&
    within(measured.voltagePu, 0, 2) &&
    (stateOfCharge === null || within(stateOfCharge, 0, 1)) &&
    (setpointKw === null || within(setpointKw, -UNRATED_MAX_KW, UNRATED_MAX_KW)) &&
    (reversionRemainingS === null || within(reversionRemainingS, 0, 2 ** 32)) &&
    (rating.energyKwh === 0 || stateOfCharge !== null);
  if (!believable) return 'implausible';
  return {
    activePowerKw: watts(measured.activePowerKw),
    reactivePowerKvar: watts(measured.reactivePowerKvar),
    voltagePu: measured.voltagePu,
    stateOfCharge,
    setpointKw: setpointKw === null ? null : watts(setpointKw),
    local: measured.local,
    reversionRemainingS,
  };
}

function within(value: number, low: number, high: number): boolean {
  return Number.isFinite(value) && value >= low && value <= high;
}

/** To the watt, and never −0: a log holds no negative zero, so a replay must not meet one. */
function watts(powerKw: number): number {
  return roundToWatt(powerKw) + 0;
}
