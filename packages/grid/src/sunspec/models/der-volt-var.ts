import { defineModel } from '../model.ts';

/**
 * SunSpec model 705 (DERVoltVar): reactive power by voltage.
 * Points stand in register order, after ID and L. One curve of four points: the model lets a device say how many it has (NCrv, NPt).
 * @source model_705.json of SunSpec Alliance's "models" repository, Apache-2.0; condensed
 */
export const DER_VOLT_VAR = defineModel(705, {
  Ena: { type: 'enum16', writable: true, symbols: { DISABLED: 0, ENABLED: 1 } },
  AdptCrvReq: { type: 'uint16', writable: true },
  AdptCrvRslt: { type: 'enum16', symbols: { IN_PROGRESS: 0, COMPLETED: 1, FAILED: 2 } },
  NPt: { type: 'uint16' },
  NCrv: { type: 'uint16' },
  RvrtTms: { type: 'uint32', units: 'Secs', writable: true },
  RvrtRem: { type: 'uint32', units: 'Secs' },
  RvrtCrv: { type: 'uint16', writable: true },
  V_SF: { type: 'sunssf' },
  DeptRef_SF: { type: 'sunssf' },
  RspTms_SF: { type: 'sunssf' },
  CrvActPt: { type: 'uint16', writable: true },
  CrvDeptRef: {
    type: 'enum16',
    writable: true,
    symbols: { W_MAX_PCT: 0, VAR_MAX_PCT: 1, VAR_AVAL_PCT: 2, VA_MAX_PCT: 3 },
  },
  CrvPri: { type: 'enum16', writable: true, symbols: { ACTIVE: 0, REACTIVE: 1, VENDOR: 2 } },
  CrvVRef: { type: 'uint16', scale: 'V_SF', units: 'VNomPct', writable: true },
  CrvVRefAuto: { type: 'uint16', scale: 'V_SF', units: 'VNomPct' },
  CrvVRefAutoEna: { type: 'enum16', writable: true, symbols: { DISABLED: 0, ENABLED: 1 } },
  CrvVRefAutoTms: { type: 'uint16', units: 'Secs', writable: true },
  CrvRspTms: { type: 'uint32', scale: 'RspTms_SF', units: 'Secs', writable: true },
  CrvReadOnly: { type: 'enum16', symbols: { RW: 0, R: 1 } },
  Pt1V: { type: 'uint16', scale: 'V_SF', units: 'VNomPct', writable: true },
  Pt1Var: { type: 'int16', scale: 'DeptRef_SF', units: 'DeptRef', writable: true },
  Pt2V: { type: 'uint16', scale: 'V_SF', units: 'VNomPct', writable: true },
  Pt2Var: { type: 'int16', scale: 'DeptRef_SF', units: 'DeptRef', writable: true },
  Pt3V: { type: 'uint16', scale: 'V_SF', units: 'VNomPct', writable: true },
  Pt3Var: { type: 'int16', scale: 'DeptRef_SF', units: 'DeptRef', writable: true },
  Pt4V: { type: 'uint16', scale: 'V_SF', units: 'VNomPct', writable: true },
  Pt4Var: { type: 'int16', scale: 'DeptRef_SF', units: 'DeptRef', writable: true },
});
