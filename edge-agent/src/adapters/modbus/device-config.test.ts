import { describe, expect, test } from 'vitest';
import { ModbusDeviceConfig } from './device-config.ts';
import { batteryConfig, nameplate } from './testing/served-devices.ts';

describe('configuration', () => {
  test.each([
    ['a battery without energy', { energyKwh: 0 }, /energyKwh/],
    ['a port beyond the last', { port: 65_536 }, /port/],
    ['an unknown key', { adress: 1 }, /adress/],
    ['an asset that is no id', { asset: 'Battery 1' }, /asset id/],
  ])('%s is refused', (_, change, reason) => {
    const config = { ...batteryConfig, ...nameplate, port: 502, ...change };
    expect(() => ModbusDeviceConfig.parse(config)).toThrow(reason);
  });

  test.each([
    ['flexible-load', { chargeMaxKw: 44, dischargeMaxKw: 100 }, /a flexible-load has none/],
    ['flexible-load', { chargeMaxKw: 44, energyKwh: 60 }, /a flexible-load has none/],
    ['pv', { dischargeMaxKw: 60, chargeMaxKw: 80 }, /a pv has none/],
    ['meter', { energyKwh: 60 }, /a meter has none/],
  ] as const)('%s of %o is refused: nothing would be what it says', (kind, ratings, reason) => {
    const config = { asset: 'one', kind, host: '127.0.0.1', port: 502, ...ratings };
    expect(() => ModbusDeviceConfig.parse(config)).toThrow(reason);
  });
});
