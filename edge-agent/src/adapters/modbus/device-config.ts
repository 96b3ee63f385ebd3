import { AssetId } from '@tieline/kernel';
import { z } from 'zod';

const PowerKw = z.number().min(0).max(100_000);

/** One SunSpec Modbus TCP device of a site, as the agent's configuration names it. */
export const ModbusDeviceConfig = z
  .strictObject({
    asset: AssetId,
    kind: z.enum(['battery', 'pv', 'flexible-load', 'load', 'meter']),
    host: z.string().min(1).max(253),
    port: z.int().min(1).max(65_535),
    unitId: z.int().min(0).max(255).default(1),
    /** Nameplate; what the device says of itself must agree within 1 %. */
    dischargeMaxKw: PowerKw.default(0),
    chargeMaxKw: PowerKw.default(0),
    energyKwh: PowerKw.default(0),
    /** Line to line, V: what 1 per unit is at this terminal. */
    nominalVoltageV: z.number().min(50).max(500_000).default(400),
    /** What a positive W of a meter means; model 203 does not say. Proven by a step test. */
    meterPositive: z.enum(['import', 'export']).default('import'),
  })
  .superRefine((device, context) => {
    type Rating = 'dischargeMaxKw' | 'chargeMaxKw' | 'energyKwh';
    const need = (path: Rating, kinds: readonly string[]): void => {
      if (!kinds.includes(device.kind) || device[path] > 0) return;
      context.addIssue({ code: 'custom', path: [path], message: `a ${device.kind} needs it` });
    };
    // It would be taken for its nameplate, or for a store whose charge nobody can read.
    const lack = (path: Rating, kinds: readonly string[]): void => {
      if (!kinds.includes(device.kind) || device[path] === 0) return;
      context.addIssue({ code: 'custom', path: [path], message: `a ${device.kind} has none` });
    };
    need('dischargeMaxKw', ['battery', 'pv']);
    need('chargeMaxKw', ['flexible-load']);
    need('energyKwh', ['battery']);
    lack('dischargeMaxKw', ['flexible-load']);
    lack('chargeMaxKw', ['pv']);
    lack('energyKwh', ['pv', 'flexible-load', 'load', 'meter']);
  });
export type ModbusDeviceConfig = z.output<typeof ModbusDeviceConfig>;
