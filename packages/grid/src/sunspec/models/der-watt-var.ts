import { defineModel } from '../model.ts';

/**
 * SunSpec model 712 (DERWattVar): reactive power by active power.
 * Points stand in register order, after ID and L. One curve of six points: the model lets a device say how many it has (NCrv, NPt).
 * @source model_712.json of SunSpec Alliance's "models" repository, Apache-2.0; condensed
 */
export const DER_WATT_VAR = defineModel(712, {
  Ena: { type: 'enum16', writable: true, symbols: { DISABLED: 0, ENABLED: 1 } },
  AdptCrvReq: { type: 'uint16', writable: true },
  AdptCrvRslt: { type: 'enum16', symbols: { IN_PROGRESS: 0, COMPLETED: 1, FAILED: 2 } },
  NPt: { type: 'uint16' },
  NCrv: { type: 'uint16' },
  RvrtTms: { type: 'uint32', units: 'Secs', writable: true },
  RvrtRem: { type: 'uint32', units: 'Secs' },
  RvrtCrv: { type: 'uint16', writable: true },
  W_SF: { type: 'sunssf' },
  DeptRef_SF: { type: 'sunssf' },
  CrvActPt: { type: 'uint16', writable: true },
  CrvDeptRef: {
    type: 'enum16',
    writable: true,
    symbols: { W_MAX_PCT: 0, VAR_MAX_PCT: 1, VAR_AVAL_PCT: 2, VA_MAX_PCT: 3 },
  },
  CrvPri: { type: 'enum16', writable: true, symbols: { ACTIVE: 0, REACTIVE: 1 } },
  CrvReadOnly: { type: 'enum16', symbols: { RW: 0, R: 1 } },
  Pt1W: { type: 'int16', scale: 'W_SF', units: 'WMaxPct', writable: true },
  Pt1Var: { type: 'int16', scale: 'DeptRef_SF', units: 'VarPct', writable: true },
  Pt2W: { type: 'int16', scale: 'W_SF', units: 'WMaxPct', writable: true },
  Pt2Var: { type: 'int16', scale: 'DeptRef_SF', units: 'VarPct', writable: true },
  Pt3W: { type: 'int16', scale: 'W_SF', units: 'WMaxPct', writable: true },
  Pt3Var: { type: 'int16', scale: 'DeptRef_SF', units: 'VarPct', writable: true },
  Pt4W: { type: 'int16', scale: 'W_SF', units: 'WMaxPct', writable: true },
  Pt4Var: { type: 'int16', scale: 'DeptRef_SF', units: 'VarPct', writable: true },
  Pt5W: { type: 'int16', scale: 'W_SF', units: 'WMaxPct', writable: true },
  Pt5Var: { type: 'int16', scale: 'DeptRef_SF', units: 'VarPct', writable: true },
  Pt6W: { type: 'int16', scale: 'W_SF', units: 'WMaxPct', writable: true },
  Pt6Var: { type: 'int16', scale: 'DeptRef_SF', units: 'VarPct', writable: true },
});
