import { defineModel } from '../model.ts';

/**
 * SunSpec model 714 (DERMeasureDC): the DC side, port by port.
 * Points stand in register order, after ID and L. One port: the model lets a device say how many it has (NPrt).
 * @source model_714.json of SunSpec Alliance's "models" repository, Apache-2.0; condensed
 */
export const DER_MEASURE_DC = defineModel(714, {
  PrtAlrms: { type: 'bitfield32' },
  NPrt: { type: 'uint16' },
  DCA: { type: 'int16', scale: 'DCA_SF', units: 'A' },
  DCW: { type: 'int16', scale: 'DCW_SF', units: 'W' },
  DCWhInj: { type: 'uint64', scale: 'DCWH_SF', units: 'Wh' },
  DCWhAbs: { type: 'uint64', scale: 'DCWH_SF', units: 'Wh' },
  DCA_SF: { type: 'sunssf' },
  DCV_SF: { type: 'sunssf' },
  DCW_SF: { type: 'sunssf' },
  DCWH_SF: { type: 'sunssf' },
  Tmp_SF: { type: 'sunssf' },
  PrtPrtTyp: {
    type: 'enum16',
    symbols: { PV: 0, ESS: 1, EV: 2, INJ: 3, ABS: 4, BIDIR: 5, DC_DC: 6 },
  },
  PrtID: { type: 'uint16' },
  PrtIDStr: { type: 'string', size: 8 },
  PrtDCA: { type: 'int16', scale: 'DCA_SF', units: 'A' },
  PrtDCV: { type: 'uint16', scale: 'DCV_SF', units: 'V' },
  PrtDCW: { type: 'int16', scale: 'DCW_SF', units: 'W' },
  PrtDCWhInj: { type: 'uint64', scale: 'DCWH_SF', units: 'Wh' },
  PrtDCWhAbs: { type: 'uint64', scale: 'DCWH_SF', units: 'Wh' },
  PrtTmp: { type: 'int16', scale: 'Tmp_SF', units: 'C' },
  PrtDCSta: { type: 'enum16', symbols: { OFF: 0, ON: 1, WARNING: 2, ERROR: 3 } },
  PrtDCAlrm: { type: 'bitfield32' },
});
