import { defineModel } from '../model.ts';

/**
 * SunSpec model 715 (DERCtl): local or remote control, heartbeats.
 * Points stand in register order, after ID and L.
 * @source model_715.json of SunSpec Alliance's "models" repository, Apache-2.0; condensed
 */
export const DER_CONTROL = defineModel(715, {
  LocRemCtl: { type: 'enum16', symbols: { REMOTE: 0, LOCAL: 1 } },
  DERHb: { type: 'uint32' },
  ControllerHb: { type: 'uint32', writable: true },
  AlarmReset: { type: 'uint16', writable: true },
  OpCtl: {
    type: 'enum16',
    writable: true,
    symbols: { STOP: 0, START: 1, ENTER_STANDBY: 2, EXIT_STANDBY: 3 },
  },
});
