import { defineModel } from '../model.ts';

/**
 * SunSpec model 713 (DERStorageCapacity): state of the energy store.
 * Points stand in register order, after ID and L.
 * @source model_713.json of SunSpec Alliance's "models" repository, Apache-2.0; condensed
 */
export const DER_STORAGE = defineModel(713, {
  WHRtg: { type: 'uint16', scale: 'WH_SF', units: 'WH' },
  WHAvail: { type: 'uint16', scale: 'WH_SF', units: 'WH' },
  SoC: { type: 'uint16', scale: 'Pct_SF', units: 'Pct' },
  SoH: { type: 'uint16', scale: 'Pct_SF', units: 'Pct' },
  Sta: { type: 'enum16', symbols: { OK: 0, WARNING: 1, ERROR: 2 } },
  WH_SF: { type: 'sunssf' },
  Pct_SF: { type: 'sunssf' },
});
