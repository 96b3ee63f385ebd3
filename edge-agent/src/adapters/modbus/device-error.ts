import { TielineError } from '@tieline/kernel';
import type { DeviceFault } from '../../ports/devices.ts';

/** Why a device did not do what it was asked: the fault that the port speaks of, and the detail for people. */
export class DeviceError extends TielineError<{
  readonly code: DeviceFault;
  readonly detail: string;
}> {
  constructor(fault: DeviceFault, detail: string, options?: ErrorOptions) {
    super({ code: fault, detail }, `${fault}: ${detail}`, options);
  }
}
