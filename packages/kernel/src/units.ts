/**
 * Units end names: `activePowerKw`, `rampKwPerS`, `validForMs`, `voltagePu`. A signed power is positive
 * **into the grid**: a discharging battery and a generating inverter are positive (docs/adr/0004).
 */
export const QUARTER_HOUR_MS = 900_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Power to the nearest watt: what leaves a driver, so that a log repeats to the bit. */
export function roundToWatt(powerKw: number): number {
  return Math.round(powerKw * 1_000) / 1_000;
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
