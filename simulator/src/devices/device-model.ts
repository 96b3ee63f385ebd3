import type { AssetMeasurement, AssetRatings } from '@tieline/edge-agent';
import type { Clock } from '@tieline/kernel';
import {
  keptLimitKw,
  keptSetpointKw,
  nameplateScale,
  powerScale,
  shownPart,
  shownPowerKw,
  shownVoltagePu,
} from './resolution.ts';

/** What the plant has at an asset's terminal now; kW and kvar positive into the grid. */
export interface Terminal {
  readonly activePowerKw: number;
  readonly reactivePowerKvar: number;
  readonly voltagePu: number;
  /** 0 to 1; null where there is no store. */
  readonly stateOfCharge: number | null;
}

/**
 * How a device misbehaves: says nothing, refuses everything, accepts a write and keeps half of it, accepts a
 * reversion time and never runs it, tells watts for kilowatts, or keeps its setpoint and gives nothing.
 */
export type InjectedFault =
  | 'silent'
  | 'refuses'
  | 'other-setpoint'
  | 'lying-timer'
  | 'watts'
  | 'gives-nothing';

/** The active-power function of a device: WSet of a battery, WMaxLim of an inverter. */
export interface PowerControl {
  readonly enabled: boolean;
  /** kW, positive into the grid; of an inverter the upper limit of generation. */
  readonly valueKw: number;
  readonly revertKw: number;
  /** Whether the function stays enabled, at `revertKw`, when the timer has run out. */
  readonly revertEnabled: boolean;
  /** What the timer starts from, s; 0 never reverts. */
  readonly reversionS: number;
}

/**
 * One device as its owner would find it: nameplate, measurements at the resolution of its registers,
 * the control function with its reversion timer, the switch between local and remote. Timers are
 * evaluated on the clock when somebody looks, so that nothing has to run; both transports, Modbus and
 * the virtual one, stand on this object.
 */
export class DeviceModel {
  readonly ratings: AssetRatings;
  fault: InjectedFault | null = null;
  /** What the controller last wrote as its heartbeat; null before the first. */
  controllerHeartbeat: number | null = null;
  /** How often somebody wrote from afar while the device was in local control. */
  foreignWrites = 0;
  readonly #clock: Clock;
  readonly #terminal: () => Terminal;
  readonly #nameplateKw: number;
  #control: PowerControl;
  /** Clock time at which the function reverts; null while the timer does not run. */
  #revertsAtMs: number | null = null;
  #local = false;

  constructor(ratings: AssetRatings, clock: Clock, terminal: () => Terminal) {
    this.ratings = ratings;
    this.#clock = clock;
    this.#terminal = terminal;
    this.#nameplateKw = Math.max(ratings.dischargeMaxKw, ratings.chargeMaxKw);
    this.#control = asShipped(ratings);
  }

  get controllable(): boolean {
    return this.ratings.kind === 'battery' || this.ratings.kind === 'pv';
  }

  get local(): boolean {
    return this.#local;
  }

  /** Seconds since the clock's origin, from 0 again after 2³² − 2: what a device counts in DERHb. */
  get heartbeat(): number {
    return Math.floor(this.#clock.monotonicMs() / 1_000) % 0xffff_ffff;
  }

  /** Somebody turns the key at the device: what was asked from afar ends, and does not come back. */
  setLocal(local: boolean): void {
    this.#local = local;
    if (!local) return;
    this.#control = { ...this.control(), enabled: false };
    this.#revertsAtMs = null;
  }

  /** It restarts, and forgets what it was asked for; the key at the device stays where it is. */
  forget(): void {
    this.#control = asShipped(this.ratings);
    this.#revertsAtMs = null;
    this.controllerHeartbeat = null;
  }

  /** The function as it stands now. */
  control(): PowerControl {
    if (this.#revertsAtMs !== null && this.#clock.monotonicMs() >= this.#revertsAtMs) {
      const { revertKw, revertEnabled } = this.#control;
      this.#control = { ...this.#control, valueKw: revertKw, enabled: revertEnabled };
      this.#revertsAtMs = null;
    }
    return this.#control;
  }

  /** What the plant has to follow; null where nothing is asked. */
  askedKw(): number | null {
    const { enabled, valueKw } = this.control();
    return enabled ? valueKw : null;
  }

  /** Whole seconds left, rounded up; null while the timer does not run. */
  reversionRemainingS(): number | null {
    this.control();
    if (this.#revertsAtMs === null) return null;
    return Math.ceil((this.#revertsAtMs - this.#clock.monotonicMs()) / 1_000);
  }

  /** A write from afar; enabling starts the timer anew. False where the device refuses. */
  apply(change: Partial<PowerControl>): boolean {
    if (this.#local) this.foreignWrites += 1;
    if (this.#local || this.fault === 'refuses' || !this.controllable) return false;
    const before = this.control();
    const next = { ...before, ...change };
    const faulty = this.fault === 'other-setpoint' && change.valueKw !== undefined;
    this.#control = {
      ...next,
      valueKw: this.#kept(faulty ? next.valueKw / 2 : next.valueKw),
      revertKw: this.#kept(next.revertKw),
    };
    if (change.enabled !== undefined) {
      const runs = next.enabled && next.reversionS > 0 && this.fault !== 'lying-timer';
      this.#revertsAtMs = runs ? this.#clock.monotonicMs() + next.reversionS * 1_000 : null;
    }
    return true;
  }

  /** What the device says of itself now. */
  measure(): AssetMeasurement {
    const { activePowerKw, reactivePowerKvar, voltagePu, stateOfCharge } = this.#terminal();
    const exponent = this.scaleFor(activePowerKw, reactivePowerKvar);
    return {
      activePowerKw: shownPowerKw(activePowerKw, exponent) * (this.fault === 'watts' ? 1_000 : 1),
      reactivePowerKvar: shownPowerKw(reactivePowerKvar, exponent),
      voltagePu: shownVoltagePu(voltagePu),
      stateOfCharge:
        this.ratings.kind === 'battery' && stateOfCharge !== null ? shownPart(stateOfCharge) : null,
      setpointKw: this.askedKw(),
      local: this.#local,
      reversionRemainingS: this.reversionRemainingS(),
    };
  }

  /** A resource has one scale for good; a meter ranges by itself, as model 203 allows. */
  scaleFor(activePowerKw: number, reactivePowerKvar: number): number {
    return this.#nameplateKw > 0
      ? nameplateScale(this.#nameplateKw)
      : powerScale(Math.hypot(activePowerKw, reactivePowerKvar));
  }

  #kept(powerKw: number): number {
    return this.ratings.kind === 'pv'
      ? keptLimitKw(powerKw, this.ratings.dischargeMaxKw)
      : keptSetpointKw(powerKw);
  }
}

function asShipped({ kind, dischargeMaxKw }: AssetRatings): PowerControl {
  const restKw = kind === 'pv' ? dischargeMaxKw : 0;
  return {
    ...{ enabled: false, valueKw: restKw },
    ...{ revertKw: restKw, revertEnabled: false, reversionS: 0 },
  };
}
