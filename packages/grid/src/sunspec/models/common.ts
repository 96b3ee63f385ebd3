import { defineModel } from '../model.ts';

/**
 * SunSpec model 1 (common): who the device is: maker, model, serial number.
 * Points stand in register order, after ID and L.
 * @source model_1.json of SunSpec Alliance's "models" repository, Apache-2.0; condensed
 */
export const COMMON = defineModel(1, {
  Mn: { type: 'string', size: 16 },
  Md: { type: 'string', size: 16 },
  Opt: { type: 'string', size: 8 },
  Vr: { type: 'string', size: 8 },
  SN: { type: 'string', size: 16 },
  DA: { type: 'uint16', writable: true },
  Pad: { type: 'pad' },
});
