import { once } from 'node:events';
import { connect, Socket } from 'node:net';
import { ModbusDeviceConfig, modbusDevices } from '@tieline/edge-agent';
import {
  COMPLIANCE_SITE,
  type DevicesHarness,
  devicesCompliance,
} from '@tieline/edge-agent/compliance';
import { type AssetId, type Clock, silentLogger } from '@tieline/kernel';
import { ModbusTCPClient } from 'jsmodbus';
import { afterEach, describe, expect, test } from 'vitest';
import { FrameReader } from './adapters/modbus-frames.ts';
import { type SunSpecServer, serveSunSpec } from './adapters/sunspec-server.ts';
import { DeviceModel } from './device-model.ts';
import type { InjectedFault } from './injected-fault.ts';
import { SunSpecImage } from './sunspec-image.ts';
import type { Terminal } from './terminal.ts';
import { virtualDevices } from './virtual-devices.ts';

/** A clock that stands still until it is moved; sleeping moves it. */
function handClock(): Clock & { advance(ms: number): void } {
  let nowMs = 1_000_000;
  return {
    wallMs: () => nowMs,
    monotonicMs: () => nowMs,
    async sleepUntil(dueMs) {
      nowMs = Math.max(nowMs, dueMs);
    },
    advance(ms) {
      nowMs += ms;
    },
  };
}

interface Site {
  readonly clock: ReturnType<typeof handClock>;
  readonly models: ReadonlyMap<AssetId, DeviceModel>;
  readonly controls: Omit<DevicesHarness, 'devices' | 'deadlineNowMs' | 'close'>;
}

function site(): Site {
  const clock = handClock();
  const terminals = new Map<AssetId, Terminal>();
  const idle = { activePowerKw: 0, reactivePowerKvar: 0, voltagePu: 1, isConnected: true };
  const models = new Map(
    COMPLIANCE_SITE.map((ratings) => {
      const stateOfCharge = ratings.kind === 'battery' ? 0.5 : null;
      terminals.set(ratings.asset, { ...idle, stateOfCharge });
      const terminal = (): Terminal => terminals.get(ratings.asset)!;
      return [ratings.asset, new DeviceModel(ratings, clock, terminal)] as const;
    }),
  );
  const controls: Site['controls'] = {
    terminal: (asset, values) => terminals.set(asset, { ...idle, ...values }),
    asked: (asset) => models.get(asset)!.askedKw(),
    setLocal: (asset, local) => models.get(asset)!.setLocal(local),
    setFault: (asset, fault) => {
      models.get(asset)!.fault = fault;
    },
    advance: (ms) => clock.advance(ms),
    run: (body) => body(),
  };
  return { clock, models, controls };
}

devicesCompliance('virtual', async () => {
  const { clock, models, controls } = site();
  const devices = virtualDevices([...models.values()], clock);
  return { ...controls, devices, deadlineNowMs: clock.monotonicMs, close: () => devices.close() };
});

devicesCompliance('SunSpec over Modbus TCP', async () => {
  const { clock, models, controls } = site();
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
    const { clock, models } = site();
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
    const { clock, models } = site();
    const battery = models.get('battery-1')!;
    battery.fault = 'lying-timer';
    expect(battery.apply({ ...discharging, reversionS: 10 })).toBe(true);
    expect(battery.control().reversionS).toBe(10);
    expect(battery.reversionRemainingS()).toBeNull();
    clock.advance(3_600_000);
    expect(battery.askedKw()).toBe(40);
  });

  test('a device that restarts has forgotten its setpoint, and takes the next one', () => {
    const { clock, models } = site();
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
  function giving(fault: InjectedFault): ReturnType<typeof site> & { battery: DeviceModel } {
    const built = site();
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

describe('the server', () => {
  const opened: { server: SunSpecServer; socket: Socket }[] = [];
  afterEach(async () => {
    for (const { server, socket } of opened.splice(0)) {
      socket.destroy();
      await server.close();
    }
  });

  async function client(asset: AssetId): Promise<{ modbus: ModbusTCPClient; device: DeviceModel }> {
    const device = site().models.get(asset)!;
    const server = await serveSunSpec(device);
    const socket = new Socket();
    const modbus = new ModbusTCPClient(socket, 1, 1_000);
    opened.push({ server, socket });
    await new Promise<void>((resolve) => {
      socket.connect(server.port, '127.0.0.1', resolve);
    });
    return { modbus, device };
  }
  const code = async (asked: Promise<unknown>): Promise<unknown> =>
    asked.then(
      () => 'answered',
      (thrown: { response?: { body: { code: number } } }) => thrown.response?.body.code,
    );

  // 40000 marker, 40002 model 1 (68), 40070 model 701 (155), 40225 702 (52), 40277 703 (19), 40296 704 (67).
  const CONTROLS = 40_296;

  test('the map begins with the marker and names its models', async () => {
    const { modbus } = await client('battery-1');
    const { response } = await modbus.readHoldingRegisters(40_000, 4);
    expect([...response.body.valuesAsArray]).toEqual([0x5375, 0x6e53, 1, 66]);
    const controls = await modbus.readHoldingRegisters(CONTROLS, 2);
    expect([...controls.response.body.valuesAsArray]).toEqual([704, 65]);
  });

  test('what is not there, read only, cut in half or out of range is refused by its own code', async () => {
    const { modbus, device } = await client('battery-1');
    const write = (offset: number, ...words: number[]) =>
      code(modbus.writeMultipleRegisters(CONTROLS + offset, words));
    expect(await code(modbus.readHoldingRegisters(39_999, 2))).toBe(2);
    expect(await code(modbus.readHoldingRegisters(40_600, 20))).toBe(2);
    expect(await write(33, 0, 9), 'WSetRvrtRem is read only').toBe(2);
    expect(await write(52, 0), 'anti-islanding is nobody’s business').toBe(2);
    expect(await write(25, 500), 'half of WSet').toBe(2);
    expect(await write(15, 50), 'a battery has no WMaxLimPct').toBe(2);
    expect(await write(22, 2), 'WSetEna is 0 or 1').toBe(3);
    expect(await write(23, 0), 'WSetMod is WATTS').toBe(3);
    expect(await code(modbus.writeMultipleRegisters(40_225 + 26, [1])), 'a rating').toBe(2);
    expect(await code(modbus.readInputRegisters(40_000, 2))).toBe(1);
    expect(await code(modbus.writeSingleRegister(CONTROLS + 22, 1))).toBe(1);
    expect(device.control()).toEqual({
      enabled: false,
      valueKw: 0,
      revertKw: 0,
      revertEnabled: false,
      reversionS: 0,
    });
    expect(await write(22, 1, 1, 0xffff, 0x63c0), 'enable, mode and −40 kW at once').toBe(
      'answered',
    );
    expect(device.askedKw()).toBe(-40);
  });

  /** What a battery answers to these bytes, in hex; `closed` where it hung up. */
  async function answers(bytes: string): Promise<{ said: string; device: DeviceModel }> {
    const device = site().models.get('battery-1')!;
    const server = await serveSunSpec(device);
    const socket = connect(server.port, '127.0.0.1');
    opened.push({ server, socket });
    const heard: Buffer[] = [];
    socket.on('data', (bytes) => heard.push(bytes));
    await once(socket, 'connect');
    // An honest question comes last: whatever was before it has been dealt with once that is answered.
    socket.write(Buffer.from(bytes + HONEST, 'hex'));
    while (!socket.closed && !Buffer.concat(heard).toString('hex').endsWith(MARKER)) {
      await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    }
    const said = Buffer.concat(heard).toString('hex');
    return { said: said.replace(MARKER, '') + (socket.closed ? 'closed' : ''), device };
  }
  const HONEST = '777700000006' + '01039c400002';
  const MARKER = '777700000007' + '010304' + '53756e53';

  test.each([
    ['a read of nothing', '0001000000060103' + '9c400000', '000100000003018303'],
    ['one of more than 125', '0001000000060103' + '9c40007e', '000100000003018303'],
    ['one of more than a length can say', '0001000000060103' + '9c4000c8', '000100000003018303'],
    ['one of thousands', '0001000000060103' + '9c400bb8', '000100000003018303'],
    ['a read that is cut short', '0001000000040103' + '9c40', '000100000003018303'],
    ['a function that nobody has', '0001000000020164', '00010000000301e401'],
    ['one that others have', '0001000000020111', '000100000003019101'],
    ['coils', '000100000008010f' + '000000010101', '000100000003018f01'],
    ['a write of nothing', '0001000000070110' + '9d7e000000', '000100000003019003'],
    [
      'a write that says four registers and brings two',
      '00010000000b0110' + '9d7e00040400010001',
      '000100000003019003',
    ],
    ['a frame of another protocol', '000100050006' + '01039c400002', 'closed'],
    ['one without a length', '000100000000' + '01039c400002', 'closed'],
    ['one that is longer than any', '00010000ffff' + '01039c400002', 'closed'],
    ['a browser', Buffer.from('GET / HTTP/1.1\r\n\r\n').toString('hex'), 'closed'],
  ])('hostile bytes harm nobody: %s', async (_, bytes, answer) => {
    const { said, device } = await answers(bytes);
    expect(said).toBe(answer);
    expect(device.control().enabled).toBe(false);
  });

  // Enable, in watts, 1 kW.
  const ON = '00010000000f0110' + '9d7e000408' + '0001' + '0001' + '000003e8';
  const OFF = '0002000000090110' + '9d7e000102' + '0000';

  test('a write that TCP cuts anywhere is one write, and is not done before it is whole', () => {
    const whole = Buffer.from(ON, 'hex');
    for (let at = 1; at < whole.length; at += 1) {
      const reader = new FrameReader();
      expect(reader.take(whole.subarray(0, at))).toEqual([]);
      expect(reader.take(whole.subarray(at))?.map(({ pdu }) => pdu)).toEqual([whole.subarray(7)]);
    }
  });

  test('two writes that come in one segment are done in their order', async () => {
    const { said, device } = await answers(ON + OFF);
    expect(said).toBe('0001000000060110' + '9d7e0004' + '0002000000060110' + '9d7e0001');
    expect(device.askedKw()).toBeNull();
  });

  test('two devices do not share their registers', async () => {
    const one = await client('battery-1');
    const two = await client('battery-1');
    await one.modbus.writeMultipleRegisters(CONTROLS + 22, [1, 1, 0, 1_000]);
    expect([one.device.askedKw(), two.device.askedKw()]).toEqual([1, null]);
    const { response } = await two.modbus.readHoldingRegisters(CONTROLS + 22, 1);
    expect([...response.body.valuesAsArray]).toEqual([0]);
  });
});
