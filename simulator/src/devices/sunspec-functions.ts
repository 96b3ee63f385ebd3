import {
  DER_ENTER_SERVICE,
  DER_FREQ_DROOP,
  DER_VOLT_VAR,
  DER_WATT_VAR,
  encodeModel,
  type Registers,
} from '@tieline/grid';

/*
 * The functions that a resource has on paper, as VDE-AR-N 4105 and IEEE 1547 (category B) ship them. Nothing in the plant
 * steers by voltage or frequency: they are switched off, hold nothing that runs, and cannot be written.
 */

const OFF = 0;
const COMPLETED = 1;
const READ_ONLY = 1;
/** Reactive power in percent of the largest. */
const VAR_MAX_PCT = 1;
const PERCENT = -1;

export function enterService(): Registers {
  return encodeModel(DER_ENTER_SERVICE, {
    ES: 1,
    V_SF: PERCENT,
    ESVHi: 110,
    ESVLo: 85,
    Hz_SF: -2,
    ESHzHi: 50.1,
    ESHzLo: 47.5,
    ESDlyTms: 60,
    ESRndTms: 0,
    ESRmpTms: 600,
    ESDlyRemTms: 0,
  });
}

export function voltVar(): Registers {
  return encodeModel(DER_VOLT_VAR, {
    Ena: OFF,
    AdptCrvReq: 1,
    AdptCrvRslt: COMPLETED,
    ...{ NPt: 4, NCrv: 1, RvrtTms: 0, RvrtRem: 0, RvrtCrv: 0 },
    ...{ V_SF: PERCENT, DeptRef_SF: PERCENT, RspTms_SF: 0 },
    ...{ CrvActPt: 4, CrvDeptRef: VAR_MAX_PCT, CrvPri: 1, CrvVRef: 100, CrvVRefAutoEna: OFF },
    ...{ CrvRspTms: 5, CrvReadOnly: READ_ONLY },
    ...{ Pt1V: 92, Pt1Var: 44, Pt2V: 98, Pt2Var: 0, Pt3V: 102, Pt3Var: 0, Pt4V: 108, Pt4Var: -44 },
  });
}

export function freqDroop(): Registers {
  return encodeModel(DER_FREQ_DROOP, {
    Ena: OFF,
    AdptCtlReq: 1,
    AdptCtlRslt: COMPLETED,
    ...{ NCtl: 1, RvrtTms: 0, RvrtRem: 0, RvrtCtl: 0 },
    ...{ Db_SF: -3, K_SF: -3, RspTms_SF: 0 },
    // From 50.2 Hz on, a per unit of power for 5 % of frequency.
    ...{ CtlDbOf: 0.2, CtlDbUf: 0.2, CtlKOf: 0.05, CtlKUf: 0.05, CtlRspTms: 5, CtlPMin: 0 },
    CtlReadOnly: READ_ONLY,
  });
}

export function wattVar(): Registers {
  return encodeModel(DER_WATT_VAR, {
    Ena: OFF,
    AdptCrvReq: 1,
    AdptCrvRslt: COMPLETED,
    ...{ NPt: 6, NCrv: 1, RvrtTms: 0, RvrtRem: 0, RvrtCrv: 0 },
    ...{ W_SF: PERCENT, DeptRef_SF: PERCENT },
    ...{ CrvActPt: 6, CrvDeptRef: VAR_MAX_PCT, CrvPri: 1, CrvReadOnly: READ_ONLY },
    ...{ Pt1W: -100, Pt1Var: 44, Pt2W: -50, Pt2Var: 0, Pt3W: -20, Pt3Var: 0 },
    ...{ Pt4W: 20, Pt4Var: 0, Pt5W: 50, Pt5Var: 0, Pt6W: 100, Pt6Var: -44 },
  });
}
