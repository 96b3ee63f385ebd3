import {
  DER_CAPACITY,
  DER_CONTROL,
  DER_CONTROLS_AC,
  DER_MEASURE_AC,
  DER_STORAGE,
  METER_THREE_PHASE,
  type ModelDefinition,
  type PointName,
} from '@tieline/grid';
import { clamp, roundToWatt } from '@tieline/kernel';
import type { AssetMeasurement, DeviceSetpoint } from '../../ports/devices.ts';
import type { ModbusDeviceConfig } from './device-config.ts';
import { DeviceError } from './device-error.ts';
import type { DueMs } from './modbus-link.ts';
import type { PointSelection, SunSpecSession } from './sunspec-session.ts';

/** How a kind of asset is read and written. */
export interface AssetProfile {
  /** Models that the device must have. */
  readonly models: readonly ModelDefinition[];
  /** What a cycle reads. Scale factors of the 700 models are static by the standard, those of 203 are not. */
  readonly cyclic: readonly PointSelection[];
  /** Everything that is ever written; never ratings, never anti-islanding. */
  readonly writable: readonly PointSelection[];
  /** @throws {DeviceError} implausible */
  measurement(session: SunSpecSession, config: ModbusDeviceConfig): AssetMeasurement;
  /** Null where there is nothing to control. @throws {DeviceError} as `SunSpecSession.write` */
  readonly write:
    | ((session: SunSpecSession, setpoint: DeviceSetpoint, dueMs: DueMs) => Promise<void>)
    | null;
}

const ON = 1;
const OFF = 0;
const WATTS = 1;
const LOCAL = 1;

/** Names checked by the compiler against the model that they are of. */
function select<M extends ModelDefinition>(model: M, ...names: PointName<M>[]): PointSelection {
  return { model, names };
}

const measuredDer = select(DER_MEASURE_AC, 'W', 'Var', 'LLV');
const supervised = select(DER_CONTROL, 'LocRemCtl', 'DERHb');
const heartbeat = select(DER_CONTROL, 'ControllerHb');

const setpoint = select(
  DER_CONTROLS_AC,
  'WSetEna',
  'WSetMod',
  'WSet',
  'WSetRvrt',
  'WSetEnaRvrt',
  'WSetRvrtTms',
);
const setpointInForce = select(
  DER_CONTROLS_AC,
  'WSetEna',
  'WSetMod',
  'WSet',
  'WSetPct',
  'WSetRvrtRem',
);

const battery: AssetProfile = {
  models: [DER_MEASURE_AC, DER_CAPACITY, DER_CONTROLS_AC, DER_STORAGE, DER_CONTROL],
  cyclic: [measuredDer, setpointInForce, select(DER_STORAGE, 'SoC'), supervised],
  writable: [setpoint, heartbeat],
  measurement: (session, config) => ({
    ...derMeasurement(session, config),
    ...heldSetpoint(session, () => maxKw(session)),
    stateOfCharge: session.number(DER_STORAGE, 'SoC') / 100,
  }),
  write: writeSetpoint,
};

/**
 * A resource that only takes: WSet, which is negative, is the most that it draws. Model 704 has no limit of its own for
 * that, WMaxLimPct bounds generation alone (docs/adr/0025).
 */
const flexibleLoad: AssetProfile = {
  models: [DER_MEASURE_AC, DER_CAPACITY, DER_CONTROLS_AC, DER_CONTROL],
  cyclic: [measuredDer, setpointInForce, supervised],
  writable: [setpoint, heartbeat],
  measurement: (session, config) => ({
    ...derMeasurement(session, config),
    ...heldSetpoint(session, () => chargeMaxKw(session)),
    stateOfCharge: null,
  }),
  write: (session, asked, dueMs) => writeSetpoint(session, withinSteps(session, asked), dueMs),
};

const pv: AssetProfile = {
  models: [DER_MEASURE_AC, DER_CAPACITY, DER_CONTROLS_AC, DER_CONTROL],
  cyclic: [
    measuredDer,
    select(DER_CONTROLS_AC, 'WMaxLimPctEna', 'WMaxLimPct', 'WMaxLimPctRvrtRem'),
    supervised,
  ],
  writable: [
    select(
      DER_CONTROLS_AC,
      'WMaxLimPctEna',
      'WMaxLimPct',
      'WMaxLimPctRvrt',
      'WMaxLimPctEnaRvrt',
      'WMaxLimPctRvrtTms',
    ),
    heartbeat,
  ],
  measurement(session, config) {
    const enabled = session.value(DER_CONTROLS_AC, 'WMaxLimPctEna') === ON;
    const limitKw = enabled
      ? (session.number(DER_CONTROLS_AC, 'WMaxLimPct') / 100) * maxKw(session)
      : null;
    return {
      ...derMeasurement(session, config),
      stateOfCharge: null,
      setpointKw: limitKw === null ? null : watts(limitKw),
      reversionRemainingS: enabled
        ? remainingOf(session.value(DER_CONTROLS_AC, 'WMaxLimPctRvrtRem'))
        : null,
    };
  },
  async write(session, { activePowerKw, reversionS, revertKw }, dueMs) {
    if (activePowerKw !== null) {
      const values = {
        WMaxLimPct: percentOf(session, activePowerKw),
        WMaxLimPctRvrt: percentOf(session, revertKw ?? maxKw(session)),
        WMaxLimPctEnaRvrt: revertKw === null ? OFF : ON,
        WMaxLimPctRvrtTms: reversionS,
      };
      await session.write(DER_CONTROLS_AC, values, dueMs);
    }
    const enable = { WMaxLimPctEna: activePowerKw === null ? OFF : ON };
    await session.write(DER_CONTROLS_AC, enable, dueMs);
  },
};

const meter: AssetProfile = {
  models: [METER_THREE_PHASE],
  cyclic: [select(METER_THREE_PHASE, 'PPV', 'V_SF', 'W', 'W_SF', 'VAR', 'VAR_SF')],
  writable: [],
  measurement(session, config) {
    const sign = config.meterPositive === 'import' ? -1 : 1;
    return {
      activePowerKw: watts((sign * session.number(METER_THREE_PHASE, 'W')) / 1_000),
      reactivePowerKvar: watts((sign * (optional(session, METER_THREE_PHASE, 'VAR') ?? 0)) / 1_000),
      voltagePu: session.number(METER_THREE_PHASE, 'PPV') / config.nominalVoltageV,
      stateOfCharge: null,
      setpointKw: null,
      local: false,
      reversionRemainingS: null,
    };
  },
  write: null,
};

export const ASSET_PROFILES: Readonly<Record<ModbusDeviceConfig['kind'], AssetProfile>> = {
  battery,
  pv,
  'flexible-load': flexibleLoad,
  load: meter,
  meter,
};

export function isLocal(session: SunSpecSession): boolean {
  return session.value(DER_CONTROL, 'LocRemCtl') === LOCAL;
}

/**
 * Compares the device's own nameplate with the configured one: a wrong device, unit or scale is found
 * before it is ever written to. What a device does not say is not compared.
 *
 * @throws {DeviceError} implausible
 */
export function checkRatings(session: SunSpecSession, config: ModbusDeviceConfig): void {
  const compare = (what: string, saidBase: number | null, configured: number): void => {
    if (saidBase === null) return;
    const said = saidBase / 1_000;
    if (Math.abs(said - configured) <= 0.01 * configured) return;
    throw new DeviceError(
      'implausible',
      `the device says ${said} for ${what}, the configuration ${configured}`,
    );
  };
  const rating = (name: PointName<typeof DER_CAPACITY>): number | null =>
    optional(session, DER_CAPACITY, name);
  if (config.kind === 'pv') {
    compare('dischargeMaxKw', rating('WMaxRtg'), config.dischargeMaxKw);
    maxKw(session);
  }
  if (config.kind === 'flexible-load') {
    compare('chargeMaxKw', rating('WChaRteMaxRtg'), config.chargeMaxKw);
  }
  if (config.kind === 'battery') {
    const dischargeMaxW = rating('WDisChaRteMaxRtg') ?? rating('WMaxRtg');
    compare('dischargeMaxKw', dischargeMaxW, config.dischargeMaxKw);
    compare('chargeMaxKw', rating('WChaRteMaxRtg'), config.chargeMaxKw);
    compare('energyKwh', optional(session, DER_STORAGE, 'WHRtg'), config.energyKwh);
  }
}

function derMeasurement(
  session: SunSpecSession,
  config: ModbusDeviceConfig,
): Pick<AssetMeasurement, 'activePowerKw' | 'reactivePowerKvar' | 'voltagePu' | 'local'> {
  return {
    activePowerKw: watts(session.number(DER_MEASURE_AC, 'W') / 1_000),
    reactivePowerKvar: watts((optional(session, DER_MEASURE_AC, 'Var') ?? 0) / 1_000),
    voltagePu: session.number(DER_MEASURE_AC, 'LLV') / config.nominalVoltageV,
    local: isLocal(session),
  };
}

/** The setpoint in force, and what is left of its timer. `fullKw`: what one in percent is a part of. */
function heldSetpoint(
  session: SunSpecSession,
  fullKw: () => number,
): Pick<AssetMeasurement, 'setpointKw' | 'reversionRemainingS'> {
  if (session.value(DER_CONTROLS_AC, 'WSetEna') !== ON) {
    return { setpointKw: null, reversionRemainingS: null };
  }
  return {
    setpointKw: setpointOf(session, fullKw),
    reversionRemainingS: remainingOf(session.value(DER_CONTROLS_AC, 'WSetRvrtRem')),
  };
}

async function writeSetpoint(
  session: SunSpecSession,
  { activePowerKw, reversionS, revertKw }: DeviceSetpoint,
  dueMs: DueMs,
): Promise<void> {
  if (activePowerKw !== null) {
    const values = {
      WSetMod: WATTS,
      WSet: Math.round(activePowerKw * 1_000),
      WSetRvrt: Math.round((revertKw ?? 0) * 1_000),
      WSetEnaRvrt: revertKw === null ? OFF : ON,
      WSetRvrtTms: reversionS,
    };
    await session.write(DER_CONTROLS_AC, values, dueMs);
  }
  // Last, and always: enabling is what starts the device's reversion timer anew.
  await session.write(DER_CONTROLS_AC, { WSetEna: activePowerKw === null ? OFF : ON }, dueMs);
}

function setpointOf(session: SunSpecSession, fullKw: () => number): number {
  if (session.value(DER_CONTROLS_AC, 'WSetMod') === WATTS) {
    return watts(session.number(DER_CONTROLS_AC, 'WSet') / 1_000);
  }
  return watts((session.number(DER_CONTROLS_AC, 'WSetPct') / 100) * fullKw());
}

/** The most that flows out: the setting, or the rating where nothing is set. @throws {DeviceError} implausible */
function maxKw(session: SunSpecSession): number {
  return capacityKw(session, 'WMax', 'WMaxRtg');
}

/** The most that is drawn, of a resource that only takes: its WMax is none. @throws {DeviceError} implausible */
function chargeMaxKw(session: SunSpecSession): number {
  return capacityKw(session, 'WChaRteMax', 'WChaRteMaxRtg');
}

function capacityKw(
  session: SunSpecSession,
  setting: PointName<typeof DER_CAPACITY>,
  rating: PointName<typeof DER_CAPACITY>,
): number {
  const mostW = optional(session, DER_CAPACITY, setting) ?? session.number(DER_CAPACITY, rating);
  if (mostW > 0) return mostW / 1_000;
  throw new DeviceError('implausible', `its ${setting} is ${mostW} W`);
}

/** Rounded towards nothing to what WSet can hold: the most that a load draws is never passed by its own rounding. */
function withinSteps(session: SunSpecSession, asked: DeviceSetpoint): DeviceSetpoint {
  const stepW = 10 ** Math.max(0, optional(session, DER_CONTROLS_AC, 'WSet_SF') ?? 0);
  const held = (powerKw: number | null): number | null =>
    powerKw === null ? null : (Math.trunc(Math.round(powerKw * 1_000) / stepW) * stepW) / 1_000;
  return { ...asked, activePowerKw: held(asked.activePowerKw), revertKw: held(asked.revertKw) };
}

/**
 * Rounded down to what the register can hold: a limit is never passed by its own rounding.
 *
 * @throws {DeviceError} implausible where the device's steps are coarser than 1 %
 */
function percentOf(session: SunSpecSession, limitKw: number): number {
  const exponent = optional(session, DER_CONTROLS_AC, 'WMaxLimPct_SF') ?? 0;
  if (exponent > 0) throw new DeviceError('implausible', `its WMaxLimPct_SF is ${exponent}`);
  const stepsPerPercent = 10 ** -exponent;
  const part = clamp(limitKw / maxKw(session), 0, 1);
  // A millionth of a step is how far a limit that fits exactly may come out below it in binary.
  return Math.floor(part * 100 * stepsPerPercent + 1e-6) / stepsPerPercent;
}

function optional<M extends ModelDefinition>(
  session: SunSpecSession,
  model: M,
  name: PointName<M>,
): number | null {
  const value = session.value(model, name);
  return typeof value === 'number' ? value : null;
}

/** Zero is how a timer that does not run reads. */
function remainingOf(value: string | number | null): number | null {
  return typeof value === 'number' && value > 0 ? value : null;
}

/** To the watt, never −0. */
function watts(powerKw: number): number {
  return roundToWatt(powerKw) + 0;
}
