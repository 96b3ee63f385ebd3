import { defineModel } from '../model.ts';

/**
 * SunSpec model 711 (DERFreqDroop): active power by frequency.
 * Points stand in register order, after ID and L. One set of parameters: the model lets a device say how many it has (NCtl).
 * @source model_711.json of SunSpec Alliance's "models" repository, Apache-2.0; condensed
 */
export const DER_FREQ_DROOP = defineModel(711, {
  Ena: { type: 'enum16', writable: true, symbols: { DISABLED: 0, ENABLED: 1 } },
  AdptCtlReq: { type: 'uint16', writable: true },
  AdptCtlRslt: { type: 'enum16', symbols: { IN_PROGRESS: 0, COMPLETED: 1, FAILED: 2 } },
  NCtl: { type: 'uint16' },
  RvrtTms: { type: 'uint32', units: 'Secs', writable: true },
  RvrtRem: { type: 'uint32', units: 'Secs' },
  RvrtCtl: { type: 'uint16', writable: true },
  Db_SF: { type: 'sunssf' },
  K_SF: { type: 'sunssf' },
  RspTms_SF: { type: 'sunssf' },
  CtlDbOf: { type: 'uint32', scale: 'Db_SF', units: 'Hz', writable: true },
  CtlDbUf: { type: 'uint32', scale: 'Db_SF', units: 'Hz', writable: true },
  CtlKOf: { type: 'uint16', scale: 'K_SF', writable: true },
  CtlKUf: { type: 'uint16', scale: 'K_SF', writable: true },
  CtlRspTms: { type: 'uint32', scale: 'RspTms_SF', units: 'Secs', writable: true },
  CtlPMin: { type: 'int16', units: 'Pct', writable: true },
  CtlReadOnly: { type: 'enum16', symbols: { RW: 0, R: 1 } },
});
