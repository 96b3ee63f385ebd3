import { clamp } from '@tieline/kernel';

/** Largest reading of a signed 16-bit register. */
const INT16_MAX = 32_767;
/** A device's scale leaves room for this much above its nameplate. */
const OVERSHOOT = 1.5;

/** Line to line, V, at 1 per unit. */
export const NOMINAL_VOLTAGE_V = 400;
/** Voltage registers count tenths of a volt. */
export const VOLTAGE_SCALE = -1;
/** Percentages count hundredths of a percent. */
export const PERCENT_SCALE = -2;

/** The power of ten, in W, at which powers up to `largestKw` fit into a 16-bit register. */
export function powerScale(largestKw: number): number {
  let exponent = 0;
  while (largestKw * 1_000 > INT16_MAX * 10 ** exponent) exponent += 1;
  return exponent;
}

/** As `powerScale`, for a device of that nameplate. */
export function nameplateScale(nameplateKw: number): number {
  return powerScale(nameplateKw * OVERSHOOT);
}

/** A power as a register of that scale shows it: rounded, and at its stop where it would not fit. */
export function shownPowerKw(powerKw: number, exponent: number): number {
  const stepW = 10 ** exponent;
  const steps = clamp(Math.round((powerKw * 1_000) / stepW), -INT16_MAX, INT16_MAX);
  return (steps * stepW) / 1_000 + 0;
}

/** A voltage as its register shows it. */
export function shownVoltagePu(voltagePu: number): number {
  return Math.round(voltagePu * NOMINAL_VOLTAGE_V * 10) / 10 / NOMINAL_VOLTAGE_V;
}

/** A part of one as a percentage register shows it. */
export function shownPart(part: number): number {
  return Math.round(clamp(part, 0, 1) * 10_000) / 10_000;
}

/** A setpoint in its 32-bit register: whole watts. */
export function keptSetpointKw(setpointKw: number): number {
  return Math.round(setpointKw * 1_000) / 1_000 + 0;
}

/** A limit as a percentage of the nameplate, rounded down to what the register holds. */
export function keptLimitKw(limitKw: number, nameplateKw: number): number {
  const steps = Math.floor(clamp(limitKw / nameplateKw, 0, 1) * 10_000 + 1e-6);
  return keptSetpointKw((steps / 10_000) * nameplateKw);
}
