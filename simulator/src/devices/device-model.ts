import type { AssetMeasurement, AssetRatings } from '@tieline/edge-agent';
import { type Clock, clamp, HOUR_MS } from '@tieline/kernel';
import { believed } from './false-measurement.ts';
import type { InjectedFault } from './injected-fault.ts';
import {
  keptLimitKw,
  keptSetpointKw,
  nameplateScale,
  powerScale,
  shownPart,
  shownPowerKw,
  shownVoltagePu,
} from './resolution.ts';
import type { Terminal } from './terminal.ts';

/** The active-power function of a device: WSet of a battery or of charging points, WMaxLim of an inverter. */
export interface PowerControl {
  readonly enabled: boolean;
  /** kW, positive into the grid; of an inverter the most that it gives, of charging points the most that they draw. */
  readonly valueKw: number;
  readonly revertKw: number;
  /** Whether the function stays enabled, at `revertKw`, when the timer has run out. */
  readonly revertEnabled: boolean;
  /** What the timer starts from, s; 0 never reverts. */
  readonly reversionS: number;
}

/** What a counter has counted at the test bench, each way: one at 0 reads as none at all. */
const TESTED_KWH = 1;
/** What a device that clips without a word follows at most, of its nameplate. */
const CLIPPED_TO = 0.4;
/** What a foreign master asks for, of the nameplate, and how often. */
const FOREIGN_SHARE = 0.25;
const FOREIGN_EVERY_MS = 5_000;

/**
 * One device as its owner would find it: nameplate, measurements at the resolution of its registers,
 * the control function with its reversion timer, the switch between local and remote. Timers are
 * evaluated on the clock when somebody looks, so that nothing has to run; both transports, Modbus and
 * the virtual one, stand on this object.
 */
export class DeviceModel {
  readonly ratings: AssetRatings;
  /** What the controller last wrote as its heartbeat; null before the first. */
  controllerHeartbeat: number | null = null;
  /** What it holds nobody has asked for: somebody wrote who does not ask, or it made something else of what was written. */
  isStray = false;
  /** How often somebody wrote from afar while the device was in local control. */
  foreignWrites = 0;
  readonly #clock: Clock;
  readonly #terminal: () => Terminal;
  readonly #nameplateKw: number;
  #control: PowerControl;
  /** Clock time at which the function reverts; null while the timer does not run. */
  #revertsAtMs: number | null = null;
  #local = false;
  #fault: InjectedFault | null = null;
  /** When the fault began, and what the terminal was then. */
  #since: { readonly atMs: number; readonly first: Terminal; readonly remainingS: number | null };
  #counted: { readonly atMs: number; readonly givenKwh: number; readonly takenKwh: number };
  #foreignDueMs = Number.POSITIVE_INFINITY;

  constructor(ratings: AssetRatings, clock: Clock, terminal: () => Terminal) {
    this.ratings = ratings;
    this.#clock = clock;
    this.#terminal = terminal;
    this.#nameplateKw = Math.max(ratings.dischargeMaxKw, ratings.chargeMaxKw);
    this.#control = asShipped(ratings);
    const atMs = clock.monotonicMs();
    this.#since = { atMs, first: terminal(), remainingS: null };
    this.#counted = { atMs, givenKwh: TESTED_KWH, takenKwh: TESTED_KWH };
  }

  get fault(): InjectedFault | null {
    return this.#fault;
  }

  set fault(fault: InjectedFault | null) {
    const atMs = this.#clock.monotonicMs();
    const remainingS = this.reversionRemainingS();
    this.#since = { atMs, first: this.#terminal(), remainingS };
    this.#fault = fault;
    this.#foreignDueMs = fault === 'foreign-master' ? atMs : Number.POSITIVE_INFINITY;
    // A timer that lies does not run to its end either.
    if (fault === 'lying-timer' || fault === 'frozen-timer') this.#revertsAtMs = null;
  }

  get controllable(): boolean {
    return ['battery', 'pv', 'flexible-load'].includes(this.ratings.kind);
  }

  /** Whether it is connected to its grid. */
  get isConnected(): boolean {
    return this.#terminal().isConnected;
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
    this.isStray = false;
    this.controllerHeartbeat = null;
  }

  /** The function as it stands now. */
  control(): PowerControl {
    this.#foreignWrite();
    if (this.#revertsAtMs !== null && this.#clock.monotonicMs() >= this.#revertsAtMs) {
      const { revertKw, revertEnabled } = this.#control;
      this.#control = { ...this.#control, valueKw: revertKw, enabled: revertEnabled };
      this.#revertsAtMs = null;
      this.isStray = false;
    }
    return this.#control;
  }

  /** What is asked of it, as it says; null where nothing is. */
  askedKw(): number | null {
    const { enabled, valueKw } = this.control();
    return enabled ? valueKw : null;
  }

  /** What the plant follows, which an honest device is asked for; null where nothing is. */
  followedKw(): number | null {
    const askedKw = this.askedKw();
    if (this.#fault === 'setpoint-discarded') return null;
    if (this.#fault !== 'clips' || askedKw === null) return askedKw;
    return clamp(askedKw, -CLIPPED_TO * this.#nameplateKw, CLIPPED_TO * this.#nameplateKw);
  }

  /** Whole seconds left, rounded up; null while the timer does not run. */
  reversionRemainingS(): number | null {
    const { enabled, reversionS } = this.control();
    if (this.#fault === 'frozen-timer' && enabled) return this.#since.remainingS ?? reversionS;
    if (this.#revertsAtMs === null) return null;
    return Math.ceil((this.#revertsAtMs - this.#clock.monotonicMs()) / 1_000);
  }

  /** A write from afar; enabling starts the timer anew. False where the device refuses. */
  apply(change: Partial<PowerControl>): boolean {
    if (this.#local) this.foreignWrites += 1;
    if (this.#local || this.#fault === 'refuses' || !this.controllable) return false;
    const before = this.control();
    const next = { ...before, ...change, ...this.#torn(before, change) };
    const halved = this.#fault === 'other-setpoint' && change.valueKw !== undefined;
    this.#control = {
      ...next,
      valueKw: this.#kept(halved ? next.valueKw / 2 : next.valueKw),
      revertKw: this.#kept(next.revertKw),
    };
    if (change.valueKw !== undefined) {
      this.isStray = this.#control.valueKw !== this.#kept(change.valueKw);
    }
    if (change.enabled !== undefined) {
      const lies = this.#fault === 'lying-timer' || this.#fault === 'frozen-timer';
      const runs = next.enabled && next.reversionS > 0 && !lies;
      this.#revertsAtMs = runs ? this.#clock.monotonicMs() + next.reversionS * 1_000 : null;
    }
    return true;
  }

  /** Half of a write: the upper word of a setpoint and a percentage hold, what stands behind them is as it was. */
  #torn(before: PowerControl, { valueKw }: Partial<PowerControl>): Partial<PowerControl> {
    if (this.#fault !== 'half-written' || valueKw === undefined) return {};
    const { revertKw, revertEnabled, reversionS } = before;
    const kept = this.ratings.kind === 'pv' ? valueKw : tornKw(before.valueKw, valueKw);
    return { valueKw: kept, revertKw, revertEnabled, reversionS };
  }

  /** Whoever else has its address writes without asking: nothing runs, so what is due is done when somebody looks. */
  #foreignWrite(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < this.#foreignDueMs || this.#local) return;
    this.#foreignDueMs = nowMs + FOREIGN_EVERY_MS;
    const way = this.ratings.dischargeMaxKw > 0 ? 1 : -1;
    const valueKw = this.#kept(way * FOREIGN_SHARE * this.#nameplateKw);
    this.#control = { ...this.#control, enabled: true, valueKw };
    this.isStray = true;
  }

  /** Counts what has flowed since it was last called, at the power that the terminal has had meanwhile. */
  count(): void {
    const { atMs, givenKwh, takenKwh } = this.#counted;
    const nowMs = this.#clock.monotonicMs();
    const flowedKwh = (this.#terminal().activePowerKw * (nowMs - atMs)) / HOUR_MS;
    this.#counted = {
      atMs: nowMs,
      givenKwh: givenKwh + Math.max(0, flowedKwh),
      takenKwh: takenKwh + Math.max(0, -flowedKwh),
    };
  }

  /** Into the grid and out of it, kWh. */
  counted(): { readonly givenKwh: number; readonly takenKwh: number } {
    return this.#counted;
  }

  /** What the device says of itself now. */
  measure(): AssetMeasurement {
    const { atMs, first } = this.#since;
    const forMs = this.#clock.monotonicMs() - atMs;
    const seen = believed(this.#terminal(), this.#fault, { forMs, first });
    const { activePowerKw, reactivePowerKvar, voltagePu, stateOfCharge } = seen;
    const exponent = this.scaleFor(activePowerKw, reactivePowerKvar);
    return {
      activePowerKw: shownPowerKw(activePowerKw, exponent) * (this.#fault === 'watts' ? 1_000 : 1),
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

/** The upper word of one 32-bit register in W over the lower word of another. */
function tornKw(oldKw: number, newKw: number): number {
  const [oldW, newW] = [Math.round(oldKw * 1_000), Math.round(newKw * 1_000)];
  return ((newW & 0xffff_0000) | (oldW & 0xffff)) / 1_000;
}

function asShipped(ratings: AssetRatings): PowerControl {
  const valueKw = restKw(ratings);
  return {
    ...{ enabled: false, valueKw },
    ...{ revertKw: valueKw, revertEnabled: false, reversionS: 0 },
  };
}

/** What a device does that nobody asks for anything: all that it likes, or, of a battery, nothing. */
export function restKw({ kind, dischargeMaxKw, chargeMaxKw }: AssetRatings): number {
  if (kind === 'battery') return 0;
  return kind === 'pv' ? dischargeMaxKw : -chargeMaxKw;
}
