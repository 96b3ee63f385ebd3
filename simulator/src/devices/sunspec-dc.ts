import {
  BATTERY_BASE,
  DER_MEASURE_DC,
  encodeModel,
  type Registers,
  type Values,
} from '@tieline/grid';
import type { DeviceModel } from './device-model.ts';
import { nameplateScale, PERCENT_SCALE, powerScale, shownPowerKw } from './resolution.ts';

/*
 * What is behind the inverter. The plant knows one power, at the terminal, and puts the losses into the store: on the DC
 * side the same power stands, at a voltage that does not move.
 */

/** Of the link between store or modules and the inverter, V. */
const DC_VOLTAGE_V = 800;
/** Of what stands behind the port. */
const PORT_TYPE = { battery: 1, pv: 0, 'flexible-load': 2 };
const ON = 1;

/** Charge states of model 802; full and empty to a part in a thousand. */
const CHARGE_STATE = { empty: 2, discharging: 3, charging: 4, full: 5, holding: 6 };
const LITHIUM_ION = 4;
const CONNECTED = 3;

export function measureDc({ ratings }: DeviceModel): Registers {
  const nameplateKw = Math.max(ratings.dischargeMaxKw, ratings.chargeMaxKw);
  return encodeModel(DER_MEASURE_DC, {
    ...{ PrtAlrms: 0, NPrt: 1, DCA_SF: ampereScale(nameplateKw), DCV_SF: 0 },
    ...{ DCW_SF: nameplateScale(nameplateKw), DCWH_SF: 0, Tmp_SF: 0 },
    ...{ PrtPrtTyp: portType(ratings), PrtID: 1, PrtIDStr: 'dc-1' },
    ...{ PrtDCV: DC_VOLTAGE_V, PrtDCSta: ON, PrtDCAlrm: 0 },
  });
}

function portType({ kind }: DeviceModel['ratings']): number {
  return kind === 'pv' || kind === 'flexible-load' ? PORT_TYPE[kind] : PORT_TYPE.battery;
}

export function dcValues(
  activePowerKw: number,
  device: DeviceModel,
): Values<typeof DER_MEASURE_DC> {
  const { watts, amperes } = dcOf(activePowerKw, device);
  return { DCW: watts, DCA: amperes, PrtDCW: watts, PrtDCA: amperes };
}

/** A current at its stop shows the stop, as a power does. */
function dcOf(activePowerKw: number, { ratings }: DeviceModel) {
  const nameplateKw = Math.max(ratings.dischargeMaxKw, ratings.chargeMaxKw);
  const amperes = shownPowerKw(activePowerKw / DC_VOLTAGE_V, ampereScale(nameplateKw)) * 1_000;
  return { watts: activePowerKw * 1_000, amperes };
}

export function batteryBase({ ratings }: DeviceModel): Registers {
  const { dischargeMaxKw, chargeMaxKw, energyKwh } = ratings;
  const nameplateKw = Math.max(dischargeMaxKw, chargeMaxKw);
  const ampereHours = (energyKwh * 1_000) / DC_VOLTAGE_V;
  return encodeModel(BATTERY_BASE, {
    ...{ AHRtg_SF: powerScale(ampereHours / 1_000), AHRtg: ampereHours },
    ...{ WHRtg_SF: powerScale(energyKwh), WHRtg: energyKwh * 1_000 },
    WChaDisChaMax_SF: nameplateScale(nameplateKw),
    ...{ WChaRteMax: chargeMaxKw * 1_000, WDisChaRteMax: dischargeMaxKw * 1_000 },
    ...{ SoC_SF: PERCENT_SCALE, SoCMax: 100, SoCMin: 0, DoD_SF: PERCENT_SCALE },
    ...{ SoH_SF: PERCENT_SCALE, SoH: 100, AlmRst: 0, Typ: LITHIUM_ION, State: CONNECTED },
    ...{ Evt1: 0, Evt2: 0, EvtVnd1: 0, EvtVnd2: 0, V_SF: 0, V: DC_VOLTAGE_V },
    ...{ CellV_SF: 0, A_SF: ampereScale(nameplateKw), AMax_SF: ampereScale(nameplateKw) },
    ...{ W_SF: nameplateScale(nameplateKw), SetOp: 1, SetInvState: 3 },
    ...{ AChaMax: (chargeMaxKw * 1_000) / DC_VOLTAGE_V },
    ...{ ADisChaMax: (dischargeMaxKw * 1_000) / DC_VOLTAGE_V },
  });
}

export function batteryValues(
  activePowerKw: number,
  stateOfCharge: number,
  device: DeviceModel,
): Values<typeof BATTERY_BASE> {
  const { watts: W, amperes: A } = dcOf(activePowerKw, device);
  return {
    ...{ W, A, SoC: stateOfCharge * 100, DoD: (1 - stateOfCharge) * 100 },
    ...{ ChaSt: chargeState(activePowerKw, stateOfCharge), LocRemCtl: device.local ? 1 : 0 },
    Hb: device.heartbeat % 0xffff,
  };
}

function chargeState(activePowerKw: number, stateOfCharge: number): number {
  if (activePowerKw > 0) return CHARGE_STATE.discharging;
  if (activePowerKw < 0) return CHARGE_STATE.charging;
  if (stateOfCharge >= 0.999) return CHARGE_STATE.full;
  return stateOfCharge <= 0.001 ? CHARGE_STATE.empty : CHARGE_STATE.holding;
}

/** Tenths of an ampere, where a register has room for them. */
function ampereScale(nameplateKw: number): number {
  return powerScale((nameplateKw / DC_VOLTAGE_V) * 15) - 1;
}
