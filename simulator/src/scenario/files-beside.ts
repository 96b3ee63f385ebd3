import type { Feeder } from '@tieline/grid';

/** Files that a scenario names; paths count from where it lies. Both throw with a reason where there is none. */
export interface FilesBeside {
  /** One that ships with Tieline, by name, or one in files. */
  feeder(named: string): Feeder;
  text(file: string): string;
}
