import { defineModel } from '../model.ts';

/**
 * SunSpec model 703 (DEREnterService): when a device may connect: voltage and frequency windows, delays.
 * Points stand in register order, after ID and L.
 * @source model_703.json of SunSpec Alliance's "models" repository, Apache-2.0; condensed
 */
export const DER_ENTER_SERVICE = defineModel(703, {
  ES: { type: 'enum16', writable: true, symbols: { DISABLED: 0, ENABLED: 1 } },
  ESVHi: { type: 'uint16', scale: 'V_SF', units: 'Pct', writable: true },
  ESVLo: { type: 'uint16', scale: 'V_SF', units: 'Pct', writable: true },
  ESHzHi: { type: 'uint32', scale: 'Hz_SF', units: 'Hz', writable: true },
  ESHzLo: { type: 'uint32', scale: 'Hz_SF', units: 'Hz', writable: true },
  ESDlyTms: { type: 'uint32', units: 'Secs', writable: true },
  ESRndTms: { type: 'uint32', units: 'Secs', writable: true },
  ESRmpTms: { type: 'uint32', units: 'Secs', writable: true },
  ESDlyRemTms: { type: 'uint32', units: 'Secs' },
  V_SF: { type: 'sunssf' },
  Hz_SF: { type: 'sunssf' },
});
