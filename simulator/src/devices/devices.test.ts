import { ModbusDeviceConfig, modbusDevices } from '@tieline/edge-agent';
import { COMPLIANCE_SITE, devicesCompliance } from '@tieline/edge-agent/compliance';
import { silentLogger } from '@tieline/kernel';
import { describe, expect, test } from 'vitest';
import { serveSunSpec } from './adapters/sunspec-server.ts';
import { DeviceModel } from './device-model.ts';
import type { InjectedFault } from './injected-fault.ts';
import { SunSpecImage } from './sunspec-image.ts';
import type { Terminal } from './terminal.ts';
import { handClock, turnedSite } from './testing/turned-site.ts';
import { virtualDevices } from './virtual-devices.ts';

devicesCompliance('virtual', async () => {
  const { clock, models, controls } = turnedSite(COMPLIANCE_SITE);
  const devices = virtualDevices([...models.values()], clock);
  return { ...controls, devices, deadlineNowMs: clock.monotonicMs, close: () => devices.close() };
});

devicesCompliance('SunSpec over Modbus TCP', async () => {
  const { clock, models, controls } = turnedSite(COMPLIANCE_SITE);
  const servers = await Promise.all([...models.values()].map((model) => serveSunSpec(model)));
  const configs = COMPLIANCE_SITE.map((ratings, at) =>
    ModbusDeviceConfig.parse({ ...ratings, host: '127.0.0.1', port: servers[at]!.port }),
  );
  const devices = modbusDevices(configs, clock, silentLogger);
  return {
    ...controls,
    devices,
    deadlineNowMs: () => performance.now(),
    async close() {
      await devices.close();
      await Promise.all(servers.map((server) => server.close()));
    },
  };
});

describe('the devices that both transports stand on', () => {
  test('the virtual devices tell their device that a controller lives, but not in local', async () => {
    const { clock, models } = turnedSite(COMPLIANCE_SITE);
    const battery = models.get('battery-1')!;
    const devices = virtualDevices([...models.values()], clock);
    await devices.readAll(100);
    await devices.readAll(100);
    expect(battery.controllerHeartbeat).toBe(2);
    battery.setLocal(true);
    await devices.readAll(100);
    expect(battery.controllerHeartbeat).toBe(2);
    expect(models.get('meter-1')!.controllerHeartbeat).toBeNull();
  });

  const discharging = { enabled: true, valueKw: 40, revertKw: 0, revertEnabled: true };

  test('a lying timer is accepted, never runs, and leaves the setpoint standing for ever', () => {
    const { clock, models } = turnedSite(COMPLIANCE_SITE);
    const battery = models.get('battery-1')!;
    battery.fault = 'lying-timer';
    expect(battery.apply({ ...discharging, reversionS: 10 })).toBe(true);
    expect(battery.control().reversionS).toBe(10);
    expect(battery.reversionRemainingS()).toBeNull();
    clock.advance(3_600_000);
    expect(battery.askedKw()).toBe(40);
  });

  test('a device that restarts has forgotten its setpoint, and takes the next one', () => {
    const { clock, models } = turnedSite(COMPLIANCE_SITE);
    const battery = models.get('battery-1')!;
    battery.apply({ ...discharging, reversionS: 10 });
    battery.forget();
    expect(battery.askedKw()).toBeNull();
    clock.advance(10_000);
    expect(battery.askedKw()).toBeNull();
    expect(battery.apply({ ...discharging, reversionS: 10 })).toBe(true);
    expect(battery.askedKw()).toBe(40);
  });

  /** A battery that gives 40 kW, with the fault. */
  function giving(fault: InjectedFault): ReturnType<typeof turnedSite> & { battery: DeviceModel } {
    const built = turnedSite(COMPLIANCE_SITE);
    const battery = built.models.get('battery-1')!;
    const at = { reactivePowerKvar: 0, voltagePu: 1, stateOfCharge: 0.5 };
    built.controls.terminal('battery-1', { ...at, activePowerKw: 40 });
    battery.fault = fault;
    return { ...built, battery };
  }

  test.each([
    ['wrong-scale', 327.67],
    ['kw-for-w', 0.04],
    ['reversed-sign', -40],
    ['drifts', 44],
  ] as const)('a device with %s shows another power than it has', (fault, shownKw) => {
    const { clock, battery } = giving(fault);
    clock.advance(120_000);
    expect(battery.measure().activePowerKw).toBeCloseTo(shownKw, 2);
    battery.fault = null;
    expect(battery.measure().activePowerKw).toBe(40);
  });

  test('stuck, it shows what was; its charge drifts by a point a minute', () => {
    const { controls, battery } = giving('stuck');
    const at = { reactivePowerKvar: 0, voltagePu: 0.9, stateOfCharge: 0.4 };
    controls.terminal('battery-1', { ...at, activePowerKw: 10 });
    expect(battery.measure()).toMatchObject({
      activePowerKw: 40,
      voltagePu: 1,
      stateOfCharge: 0.5,
    });
    const drifting = giving('charge-drifts');
    drifting.clock.advance(300_000);
    expect(drifting.battery.measure().stateOfCharge).toBe(0.55);
  });

  test.each([
    ['setpoint-discarded', 90, 90, null],
    ['clips', 90, 90, 40],
    ['other-setpoint', 90, 45, 45],
    // 90,000 W is 0x15f90: the upper word is written, the lower is as it was.
    ['half-written', 90, 65.536, 65.536],
  ] as const)(
    'told 90 kW, one with %s shows one thing and may do another',
    (fault, toldKw, shownKw, doesKw) => {
      const { battery } = giving(fault);
      battery.apply({ ...discharging, valueKw: toldKw, reversionS: 10 });
      expect(battery.measure().setpointKw).toBe(shownKw);
      expect(battery.followedKw()).toBe(doesKw);
      // What it has made of it by itself is nobody's word, until it holds again what it is told.
      expect(battery.isStray).toBe(shownKw !== toldKw);
      battery.fault = null;
      battery.apply({ ...discharging, valueKw: toldKw, reversionS: 10 });
      expect(battery.isStray).toBe(false);
    },
  );

  test('a foreign master writes over every few seconds, and a frozen timer never falls', () => {
    const foreign = giving('foreign-master');
    expect(foreign.battery.askedKw()).toBe(25);
    foreign.battery.apply({ ...discharging, reversionS: 60 });
    expect(foreign.battery.askedKw()).toBe(40);
    foreign.clock.advance(5_000);
    expect(foreign.battery.askedKw()).toBe(25);
    const frozen = giving('frozen-timer');
    frozen.battery.apply({ ...discharging, reversionS: 60 });
    frozen.clock.advance(600_000);
    expect(frozen.battery.measure()).toMatchObject({ setpointKw: 40, reversionRemainingS: 60 });
  });

  test('a register at its stop shows the stop, not a number of another sign', () => {
    const clock = handClock();
    const huge: Terminal = {
      activePowerKw: 900,
      reactivePowerKvar: 0,
      voltagePu: 1,
      isConnected: true,
      stateOfCharge: 0.5,
    };
    const device = new DeviceModel(COMPLIANCE_SITE[0]!, clock, () => huge);
    expect(device.measure().activePowerKw).toBe(327.67);
  });
});

describe('registers hold whatever a device shows', () => {
  const read = (device: DeviceModel, model: number): readonly number[] => {
    const image = new SunSpecImage(device);
    for (let address = 40_002; ; ) {
      const [id = 0, length = 0] = image.read(address, 2)!;
      if (id === model) return [...image.read(address, 2 + length)!];
      address += 2 + length;
    }
  };

  test('a power a thousand times too large, and an apparent one above it, stand at the stop', () => {
    const at = {
      isConnected: true,
      reactivePowerKvar: 60,
      voltagePu: 1,
      stateOfCharge: 0.5,
      activePowerKw: 100,
    };
    const battery = new DeviceModel(COMPLIANCE_SITE[0]!, handClock(), () => at);
    // W and VA stand at 10 and 11, in tens of watts.
    expect(read(battery, 701).slice(10, 12)).toEqual([10_000, 11_662]);
    battery.fault = 'watts';
    expect(read(battery, 701).slice(10, 12)).toEqual([32_767, 32_767]);
    battery.fault = 'wrong-scale';
    expect(read(battery, 701).slice(10, 12)).toEqual([32_767, 32_767]);
  });

  test('a counter of 32 bits begins again behind its last, and never reads as none', () => {
    const clock = handClock();
    const at = {
      isConnected: true,
      activePowerKw: -100_000,
      reactivePowerKvar: 0,
      voltagePu: 1,
      stateOfCharge: null,
    };
    const ratings = COMPLIANCE_SITE.find(({ kind }) => kind === 'meter')!;
    const meter = new DeviceModel(ratings, clock, () => at);
    // 4.8 GWh; 2³² − 1 Wh are 4.295.
    clock.advance(48 * 3_600_000);
    meter.count();
    const registers = read(meter, 203);
    const imported = registers[46]! * 0x1_0000 + registers[47]!;
    expect(imported).toBe(4_800_001_000 - 0xffff_ffff);
  });
});
