import {
  BATTERY_BASE,
  buildImage,
  COMMON,
  DER_CAPACITY,
  DER_CONTROL,
  DER_CONTROLS_AC,
  DER_MEASURE_AC,
  DER_MEASURE_DC,
  DER_STORAGE,
  decodePoint,
  encodeModel,
  encodePoints,
  METER_THREE_PHASE,
  type ModelDefinition,
  type PlacedPoint,
  type PointName,
  type RegisterImage,
  type Values,
} from '@tieline/grid';
import { assert } from '@tieline/kernel';
import type { DeviceModel, PowerControl } from './device-model.ts';
import {
  NOMINAL_VOLTAGE_V,
  nameplateScale,
  PERCENT_SCALE,
  powerScale,
  shownPowerKw,
  VOLTAGE_SCALE,
} from './resolution.ts';
import { batteryBase, batteryValues, dcValues, measureDc } from './sunspec-dc.ts';
import { enterService, freqDroop, voltVar, wattVar } from './sunspec-functions.ts';

export type RegisterWrite = 'ok' | 'no-such-register' | 'bad-value' | 'refused';

type ControlPoint = PointName<typeof DER_CONTROLS_AC>;

/** Which points of model 704 a device has, inverters a limit and others a setpoint, and what each of them sets. */
const CONTROL_POINTS: Readonly<
  Record<'setpoint' | 'limit', Partial<Record<ControlPoint, keyof PowerControl | 'mode'>>>
> = {
  setpoint: {
    WSetEna: 'enabled',
    WSetMod: 'mode',
    WSet: 'valueKw',
    WSetRvrt: 'revertKw',
    WSetEnaRvrt: 'revertEnabled',
    WSetRvrtTms: 'reversionS',
  },
  limit: {
    WMaxLimPctEna: 'enabled',
    WMaxLimPct: 'valueKw',
    WMaxLimPctRvrt: 'revertKw',
    WMaxLimPctEnaRvrt: 'revertEnabled',
    WMaxLimPctRvrtTms: 'reversionS',
  },
};
const WATTS = 1;
/** States of model 701. */
const RUNNING = { St: 1, InvSt: 3, ConnSt: 1 };
const STANDING_BY = { St: 0, InvSt: 7, ConnSt: 0 };
const GRID_HZ = 50;

/** A device's registers: SunSpec's shape of a `DeviceModel`, made fresh at every request. */
export class SunSpecImage {
  readonly #device: DeviceModel;
  readonly #image: RegisterImage;

  constructor(device: DeviceModel) {
    this.#device = device;
    const common = encodeModel(COMMON, {
      Mn: 'Tieline',
      Md: `simulated ${device.ratings.kind}`,
      Vr: '1',
      SN: device.ratings.asset,
    });
    const models = device.controllable ? derModels(device) : [encodeModel(METER_THREE_PHASE, {})];
    this.#image = buildImage([common, ...models]);
  }

  /** Null where there is no such register. */
  read(address: number, count: number): Uint16Array | null {
    const from = address - this.#image.base;
    if (from < 0 || from + count > this.#image.registers.length) return null;
    this.#refresh();
    return this.#image.registers.subarray(from, from + count);
  }

  /** A write is whole points that may be written, or nothing. */
  write(address: number, words: Uint16Array): RegisterWrite {
    const found = this.#image.blocks.find(
      ({ block }) => address >= block.address && address < block.address + 2 + block.length,
    );
    if (found === undefined || !this.#device.controllable) return 'no-such-register';
    this.#refresh();
    const { block, registers } = found;
    const wanted = registers.slice();
    const from = address - block.address;
    if (from + words.length > wanted.length) return 'no-such-register';
    wanted.set(words, from);
    if (block.id === DER_CONTROL.id) return this.#writeHeartbeat(wanted, from, words.length);
    if (block.id === DER_CONTROLS_AC.id) return this.#writeControl(wanted, from, words.length);
    return 'no-such-register';
  }

  #writeHeartbeat(wanted: Uint16Array, from: number, count: number): RegisterWrite {
    const names = pointsIn(DER_CONTROL, from, count)?.map((point) => point.name);
    if (names?.length !== 1 || names[0] !== 'ControllerHb') return 'no-such-register';
    const value = decodePoint(DER_CONTROL, wanted, 'ControllerHb');
    if (typeof value !== 'number') return 'bad-value';
    this.#device.controllerHeartbeat = value;
    return 'ok';
  }

  #writeControl(wanted: Uint16Array, from: number, count: number): RegisterWrite {
    const { kind, dischargeMaxKw } = this.#device.ratings;
    const has = CONTROL_POINTS[kind === 'pv' ? 'limit' : 'setpoint'];
    const change: { -readonly [K in keyof PowerControl]?: PowerControl[K] } = {};
    for (const { name } of pointsIn(DER_CONTROLS_AC, from, count) ?? [{ name: '' }]) {
      const sets = has[name as ControlPoint];
      if (sets === undefined) return 'no-such-register';
      const value = decodePoint(DER_CONTROLS_AC, wanted, name as ControlPoint);
      if (typeof value !== 'number') return 'bad-value';
      if (sets === 'mode') {
        if (value !== WATTS) return 'bad-value';
      } else if (sets === 'enabled' || sets === 'revertEnabled') {
        if (value > 1) return 'bad-value';
        change[sets] = value === 1;
      } else if (sets === 'reversionS') {
        change.reversionS = value;
      } else {
        if (kind === 'pv' && value > 100) return 'bad-value';
        change[sets] = kind === 'pv' ? (value / 100) * dischargeMaxKw : value / 1_000;
      }
    }
    return this.#device.apply(change) ? 'ok' : 'refused';
  }

  #refresh(): void {
    if (this.#device.controllable) this.#refreshDer();
    else this.#refreshMeter();
  }

  #refreshDer(): void {
    const device = this.#device;
    const measured = device.measure();
    const exponent = device.scaleFor(measured.activePowerKw, measured.reactivePowerKvar);
    // A scale for good: what a fault makes a thousand times too large stands at the register's stop.
    const activePowerKw = shownPowerKw(measured.activePowerKw, exponent);
    const apparentKva = Math.hypot(activePowerKw, measured.reactivePowerKvar);
    this.#put(DER_MEASURE_AC, {
      ...(device.isConnected ? RUNNING : STANDING_BY),
      Hz: hertzAt(measured.voltagePu),
      W: activePowerKw * 1_000,
      Var: measured.reactivePowerKvar * 1_000,
      VA: shownPowerKw(apparentKva, exponent) * 1_000,
      LLV: measured.voltagePu * NOMINAL_VOLTAGE_V,
      LNV: (measured.voltagePu * NOMINAL_VOLTAGE_V) / Math.sqrt(3),
      TotWhInj: device.counted().givenKwh * 1_000,
      TotWhAbs: device.counted().takenKwh * 1_000,
    });
    this.#put(DER_MEASURE_DC, dcValues(activePowerKw, device));
    this.#put(DER_CONTROLS_AC, controlValues(device));
    this.#put(DER_CONTROL, {
      LocRemCtl: measured.local ? 1 : 0,
      DERHb: device.heartbeat,
      ControllerHb: device.controllerHeartbeat,
    });
    if (measured.stateOfCharge === null) return;
    this.#put(DER_STORAGE, {
      SoC: measured.stateOfCharge * 100,
      WHAvail: measured.stateOfCharge * device.ratings.energyKwh * 1_000,
    });
    this.#put(BATTERY_BASE, batteryValues(activePowerKw, measured.stateOfCharge, device));
  }

  /** What the site draws is positive, as meters at a point of connection count it. */
  #refreshMeter(): void {
    const { activePowerKw, reactivePowerKvar, voltagePu } = this.#device.measure();
    const exponent = this.#device.scaleFor(activePowerKw, reactivePowerKvar);
    const volts = voltagePu * NOMINAL_VOLTAGE_V;
    const apparentW = Math.hypot(activePowerKw, reactivePowerKvar) * 1_000;
    // Three phases, evenly loaded.
    const phaseA = volts > 0 ? Math.min(10_922, apparentW / (Math.sqrt(3) * volts)) : 0;
    const phaseV = volts / Math.sqrt(3);
    const { givenKwh, takenKwh } = this.#device.counted();
    this.#put(METER_THREE_PHASE, {
      ...{ A_SF: 0, A: 3 * phaseA, AphA: phaseA, AphB: phaseA, AphC: phaseA },
      ...{ V_SF: VOLTAGE_SCALE, PhV: phaseV, PhVphA: phaseV, PhVphB: phaseV, PhVphC: phaseV },
      ...{
        PPV: volts,
        PhVphAB: volts,
        PhVphBC: volts,
        PhVphCA: volts,
        Hz_SF: -2,
        Hz: hertzAt(voltagePu),
      },
      ...{ W_SF: exponent, W: -activePowerKw * 1_000 },
      ...{ VA_SF: exponent, VA: apparentW, VAR_SF: exponent, VAR: -reactivePowerKvar * 1_000 },
      ...{ TotWh_SF: 0, TotWhExp: rolled(givenKwh * 1_000), TotWhImp: rolled(takenKwh * 1_000) },
      Evt: 0,
    });
  }

  #put<M extends ModelDefinition>(model: M, values: Values<M>): void {
    const found = this.#image.blocks.find(({ block }) => block.id === model.id);
    assert(found !== undefined, `the device has model ${model.id}`);
    encodePoints(model, found.registers, values);
  }
}

/** Where there is no voltage, there is nothing to measure it by. */
function hertzAt(voltagePu: number): number | null {
  return voltagePu > 0 ? GRID_HZ : null;
}

/** A counter of 32 bits begins again behind its last; at 0 it would read as none at all. */
function rolled(wattHours: number): number {
  return ((Math.round(wattHours) - 1) % 0xffff_ffff) + 1;
}

/** The points that a range of registers covers from end to end; null where it cuts one, or covers none. */
function pointsIn(model: ModelDefinition, from: number, count: number): PlacedPoint[] | null {
  const points = [...model.points.values()].filter(
    (point) => point.offset >= from && point.offset + point.size <= from + count,
  );
  const covered = points.reduce((sum, point) => sum + point.size, 0);
  return covered === count && count > 0 ? points : null;
}

function derModels(device: DeviceModel): Uint16Array[] {
  const { kind, dischargeMaxKw, chargeMaxKw, energyKwh } = device.ratings;
  const exponent = nameplateScale(Math.max(dischargeMaxKw, chargeMaxKw));
  const measured = encodeModel(DER_MEASURE_AC, {
    ACType: 2,
    Alrm: 0,
    W_SF: exponent,
    VA_SF: exponent,
    Var_SF: exponent,
    V_SF: VOLTAGE_SCALE,
    Hz_SF: -2,
    TotWh_SF: 0,
  });
  const dischargeW = dischargeMaxKw * 1_000;
  const capacity = encodeModel(DER_CAPACITY, {
    W_SF: exponent,
    WMaxRtg: dischargeW,
    WMax: dischargeW,
    ...(kind === 'pv' ? {} : { WChaRteMaxRtg: chargeMaxKw * 1_000, WDisChaRteMaxRtg: dischargeW }),
    V_SF: VOLTAGE_SCALE,
    VNomRtg: NOMINAL_VOLTAGE_V,
  });
  const controls = encodeModel(DER_CONTROLS_AC, {
    WSet_SF: 0,
    WMaxLimPct_SF: PERCENT_SCALE,
  });
  const storage = encodeModel(DER_STORAGE, {
    WH_SF: powerScale(energyKwh),
    WHRtg: energyKwh * 1_000,
    Pct_SF: PERCENT_SCALE,
    SoH: 100,
    Sta: 0,
  });
  const control = encodeModel(DER_CONTROL, { LocRemCtl: 0 });
  const functions = [voltVar(), freqDroop(), wattVar()];
  const before = [measured, capacity, enterService(), controls, ...functions];
  const dc = measureDc(device);
  return kind === 'battery'
    ? [...before, storage, dc, control, batteryBase(device)]
    : [...before, dc, control];
}

function controlValues(device: DeviceModel): Values<typeof DER_CONTROLS_AC> {
  const { enabled, valueKw, revertKw, revertEnabled, reversionS } = device.control();
  const remainingS = device.reversionRemainingS() ?? 0;
  const on = enabled ? 1 : 0;
  const onAfter = revertEnabled ? 1 : 0;
  if (device.ratings.kind !== 'pv') {
    return {
      WSetEna: on,
      WSetMod: WATTS,
      WSet: valueKw * 1_000,
      WSetRvrt: revertKw * 1_000,
      WSetEnaRvrt: onAfter,
      WSetRvrtTms: reversionS,
      WSetRvrtRem: remainingS,
    };
  }
  const percent = (limitKw: number): number => (limitKw / device.ratings.dischargeMaxKw) * 100;
  return {
    WMaxLimPctEna: on,
    WMaxLimPct: percent(valueKw),
    WMaxLimPctRvrt: percent(revertKw),
    WMaxLimPctEnaRvrt: onAfter,
    WMaxLimPctRvrtTms: reversionS,
    WMaxLimPctRvrtRem: remainingS,
  };
}
