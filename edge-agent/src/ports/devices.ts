import type { AssetId } from '@tieline/kernel';

/**
 * What an agent's site holds. `flexible-load` draws what it likes up to a limit that it can be given: charging points,
 * heat pumps, boilers. `meter` is the site's own connection to the feeder, exactly one.
 */
export type AssetKind = 'battery' | 'pv' | 'flexible-load' | 'load' | 'meter';

/** One asset's nameplate, as configured and confirmed by the device's own ratings. */
export type AssetRatings = {
  readonly asset: AssetId;
  readonly kind: AssetKind;
  /** Largest power out of the asset into the grid, kW (battery discharge, PV output); 0 for meters and load. */
  readonly dischargeMaxKw: number;
  /** Largest power into the asset, kW, positive (battery charge, flexible load); 0 where it cannot take any. */
  readonly chargeMaxKw: number;
  /** Usable energy, kWh; 0 where there is no store. */
  readonly energyKwh: number;
};

/**
 * One asset in one cycle. Powers are rounded to 1 W by the driver. `activePowerKw` is positive into the
 * grid; a site meter that imports 80 kW reads −80, a load that draws 80 kW reads −80.
 */
export interface AssetMeasurement {
  readonly activePowerKw: number;
  readonly reactivePowerKvar: number;
  /** Per unit of the nominal voltage at the terminal. */
  readonly voltagePu: number;
  /** 0 to 1; null where there is no store. */
  readonly stateOfCharge: number | null;
  /** The active-power setpoint (battery) or limit (PV, flexible load) that the device says is in force; null when none is. */
  readonly setpointKw: number | null;
  /** The device is in local control: it must not be written. */
  readonly local: boolean;
  /** Seconds left on the device's own reversion timer; null when it is not running. */
  readonly reversionRemainingS: number | null;
}

export type DeviceFault = 'silent' | 'refused' | 'implausible' | 'unreachable';

export type AssetReading =
  | { readonly ok: true; readonly measured: AssetMeasurement }
  | { readonly ok: false; readonly fault: DeviceFault; readonly detail: string };

/** What the agent asks of one controllable asset; ends by itself on the device. */
export interface DeviceSetpoint {
  /**
   * kW, positive into the grid; for PV the most that it may give, for a flexible load the most that it may draw
   * (negative); null releases the asset.
   */
  readonly activePowerKw: number | null;
  /** The device falls back by itself to `revertKw` after this many seconds without a new write. */
  readonly reversionS: number;
  /** kW, positive into the grid; null = the device's own default (battery: 0, others: no limit). */
  readonly revertKw: number | null;
}

export type WriteOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly fault: DeviceFault; readonly detail: string };

/**
 * All assets of one site. Every call ends within its deadline, and one silent device never delays
 * another: reads and writes of different assets run side by side.
 */
export interface Devices {
  readonly ratings: readonly AssetRatings[];
  /** Reads every asset at once; always one entry for every asset. */
  readAll(deadlineMs: number): Promise<ReadonlyMap<AssetId, AssetReading>>;
  /** Writes one controllable asset (battery, PV, flexible load). */
  write(asset: AssetId, setpoint: DeviceSetpoint, deadlineMs: number): Promise<WriteOutcome>;
  close(): Promise<void>;
}
