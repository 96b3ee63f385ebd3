/** More load at one site than its profile has, while `fromMs` ≤ t < `toMs` (Unix time). */
export interface LoadStep {
  readonly site: string;
  /** Negative takes away; no load falls below nothing. */
  readonly addKw: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Less sun over the whole feeder, while `fromMs` ≤ t < `toMs` (Unix time). */
export interface Cloud {
  /** Of what the sun would give, 0 to 1. */
  readonly share: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A branch of the feeder is closed or opened at `atMs` (Unix time). */
export interface Switching {
  readonly branch: string;
  readonly closed: boolean;
  readonly atMs: number;
}

/** What happens to a plant from outside. Known beforehand, so that a plant without control meets the same. */
export interface Disturbances {
  readonly loadSteps: readonly LoadStep[];
  readonly clouds: readonly Cloud[];
  /** In the order of their times. */
  readonly switchings: readonly Switching[];
}

export const UNDISTURBED: Disturbances = { loadSteps: [], clouds: [], switchings: [] };

/** Sum of the steps of a site at `tMs`, kW. */
export function addedKw(steps: readonly LoadStep[], site: string, tMs: number): number {
  let sumKw = 0;
  for (const step of steps) if (step.site === site && isNow(step, tMs)) sumKw += step.addKw;
  return sumKw;
}

/** What the clouds let through at `tMs`, 0 to 1; of two that overlap each takes its part. */
export function sunShare(clouds: readonly Cloud[], tMs: number): number {
  let share = 1;
  for (const cloud of clouds) if (isNow(cloud, tMs)) share *= cloud.share;
  return share;
}

function isNow({ fromMs, toMs }: { fromMs: number; toMs: number }, tMs: number): boolean {
  return fromMs <= tMs && tMs < toMs;
}
