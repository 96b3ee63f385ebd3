import {
  buildImage,
  COMMON,
  DER_CAPACITY,
  DER_CONTROL,
  DER_CONTROLS_AC,
  DER_MEASURE_AC,
  DER_STORAGE,
  decodePoint,
  encodeModel,
  encodePoints,
  METER_THREE_PHASE,
  type ModelDefinition,
  type RegisterImage,
  type Values,
} from '@tieline/grid';
import { type Clock, silentLogger } from '@tieline/kernel';
import { afterEach, describe, expect, test } from 'vitest';
import type { AssetReading, Devices } from '../../ports/devices.ts';
import { ModbusDeviceConfig } from './device-config.ts';
import { modbusDevices } from './modbus-devices.ts';
import { ScriptedDevice } from './scripted-device.ts';

const AMPLE_MS = 2_000;
const SHORT_MS = 120;

let nowMs = 0;
const clock: Clock = {
  wallMs: () => nowMs,
  monotonicMs: () => nowMs,
  sleepUntil: async () => {},
};

const ending: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

function batteryImage(more: { capacity?: Values<typeof DER_CAPACITY> } = {}): RegisterImage {
  return buildImage([
    encodeModel(COMMON, { Mn: 'Maker', Md: 'B100' }),
    encodeModel(DER_MEASURE_AC, { W_SF: 1, Var_SF: 1, V_SF: -1, W: 12_340, Var: -500, LLV: 402 }),
    encodeModel(DER_CAPACITY, {
      W_SF: 1,
      WMaxRtg: 100_000,
      WChaRteMaxRtg: 80_000,
      ...more.capacity,
    }),
    encodeModel(DER_CONTROLS_AC, { WSet_SF: 0, WSetEna: 0, WSetRvrtRem: 0, AntiIslEna: 1 }),
    encodeModel(DER_STORAGE, { WH_SF: 2, WHRtg: 200_000, Pct_SF: -1, SoC: 55.5 }),
    encodeModel(DER_CONTROL, { LocRemCtl: 0, DERHb: 1, ControllerHb: 0 }),
  ]);
}

/** As ADR 25 has them: a resource that only charges. */
function chargersImage(controls: Values<typeof DER_CONTROLS_AC>): RegisterImage {
  return buildImage([
    encodeModel(COMMON, {}),
    encodeModel(DER_MEASURE_AC, { W_SF: 1, V_SF: -1, W: -20_000, LLV: 400 }),
    encodeModel(DER_CAPACITY, { W_SF: 1, WMaxRtg: 0, WChaRteMaxRtg: 44_000 }),
    encodeModel(DER_CONTROLS_AC, controls),
    encodeModel(DER_CONTROL, { LocRemCtl: 0 }),
  ]);
}

function meterImage(values: Values<typeof METER_THREE_PHASE>): RegisterImage {
  const steady = { V_SF: -1, PPV: 398, VAR_SF: 0, VAR: 500 } as const;
  return buildImage([
    encodeModel(COMMON, {}),
    encodeModel(METER_THREE_PHASE, { ...steady, ...values }),
  ]);
}

async function serve(image: RegisterImage, base = 40_000, port = 0): Promise<ScriptedDevice> {
  const device = await ScriptedDevice.serve(base, image.registers, port);
  ending.push(() => device.close());
  return device;
}

const batteryConfig = { asset: 'battery-1', kind: 'battery', host: '127.0.0.1' } as const;
const nameplate = { dischargeMaxKw: 100, chargeMaxKw: 80, energyKwh: 200 };

function open(...configs: object[]): Devices {
  const parsed = configs.map((config) => ModbusDeviceConfig.parse(config));
  const devices = modbusDevices(parsed, clock, silentLogger);
  ending.push(() => devices.close());
  return devices;
}

async function openBattery(device: ScriptedDevice): Promise<Devices> {
  return open({ ...batteryConfig, ...nameplate, port: device.port });
}

async function openChargers({ port }: ScriptedDevice): Promise<Devices> {
  return open({ asset: 'ev', kind: 'flexible-load', host: '127.0.0.1', port, chargeMaxKw: 44 });
}

async function readOne(devices: Devices, deadlineMs = AMPLE_MS): Promise<AssetReading> {
  const reading = [...(await devices.readAll(deadlineMs)).values()][0];
  if (reading === undefined) throw new Error('one entry for every asset');
  return reading;
}

function put<M extends ModelDefinition>(image: RegisterImage, model: M, values: Values<M>): void {
  const found = image.blocks.find(({ block }) => block.id === model.id);
  encodePoints(model, found!.registers, values);
}

describe('reading', () => {
  test.each([40_000, 0, 50_000])(
    'a device with its map at %i is discovered and read',
    async (base) => {
      const devices = await openBattery(await serve(batteryImage(), base));
      expect(await readOne(devices)).toEqual({
        ok: true,
        measured: {
          activePowerKw: 12.34,
          reactivePowerKvar: -0.5,
          voltagePu: 1.005,
          stateOfCharge: 0.555,
          setpointKw: null,
          local: false,
          reversionRemainingS: null,
        },
      });
    },
  );

  test('a cycle takes two reads of a battery and its heartbeat, and one read of a meter', async () => {
    const battery = await serve(batteryImage());
    const meter = await serve(meterImage({ W_SF: 0, W: 80 }));
    const devices = open(
      { ...batteryConfig, ...nameplate, port: battery.port },
      { asset: 'meter-1', kind: 'meter', host: '127.0.0.1', port: meter.port },
    );
    await devices.readAll(AMPLE_MS);
    battery.seen.length = 0;
    meter.seen.length = 0;
    await devices.readAll(AMPLE_MS);
    expect(battery.seen.map(({ kind }) => kind)).toEqual(['read', 'read', 'write']);
    expect(meter.seen).toEqual([{ kind: 'read', address: 40_081, count: 22 }]);
  });

  test('a meter that ranges by itself is read with the scale of the moment', async () => {
    const image = meterImage({ W_SF: 0, W: 31_000 });
    const device = await serve(image);
    const config = { asset: 'meter-1', kind: 'meter', host: '127.0.0.1', port: device.port };
    const devices = open(config);
    expect(await readOne(devices)).toMatchObject({ measured: { activePowerKw: -31 } });
    put(image, METER_THREE_PHASE, { W_SF: 2, W: 310_000 });
    expect(await readOne(devices)).toMatchObject({ measured: { activePowerKw: -310 } });
    const exporting = open({ ...config, meterPositive: 'export' });
    expect(await readOne(exporting)).toMatchObject({
      measured: { activePowerKw: 310, reactivePowerKvar: 0.5 },
    });
  });

  test('a setpoint in percent, set at the panel, is read back in kW', async () => {
    const image = batteryImage();
    put(image, DER_CONTROLS_AC, { WSetEna: 1, WSetMod: 0, WSetPct: -25, WSetRvrtRem: 7 });
    const devices = await openBattery(await serve(image));
    expect(await readOne(devices)).toMatchObject({
      measured: { setpointKw: -25, reversionRemainingS: 7 },
    });
  });

  test('one of charging points is a part of what they may draw: they give nothing', async () => {
    const panel = { WSet_SF: 0, WSetPct_SF: 0, WSetEna: 1, WSetMod: 0, WSetPct: -25 } as const;
    const devices = await openChargers(await serve(chargersImage(panel)));
    expect(await readOne(devices)).toMatchObject({ measured: { setpointKw: -11 } });
  });
});

describe('a device that cannot be believed', () => {
  const implausible = (detail: RegExp) => ({
    ok: false,
    fault: 'implausible',
    detail: expect.stringMatching(detail),
  });

  test.each([
    ['in kW for W', { WMaxRtg: 100, W_SF: 0, WChaRteMaxRtg: 80 }, /says 0.1 for dischargeMaxKw/],
    ['another one', { WChaRteMaxRtg: 60_000 }, /says 60 for chargeMaxKw, the configuration 80/],
  ])('its nameplate is %s: it is not read, and never written', async (_, capacity, detail) => {
    const device = await serve(batteryImage({ capacity }));
    const devices = await openBattery(device);
    expect(await readOne(devices)).toEqual(implausible(detail));
    const setpoint = { activePowerKw: 10, reversionS: 30, revertKw: null };
    expect(await devices.write('battery-1', setpoint, AMPLE_MS)).toEqual(implausible(detail));
    expect(device.seen.every(({ kind }) => kind === 'read')).toBe(true);
  });

  test('it has not the models of its kind', async () => {
    const device = await serve(meterImage({ W_SF: 0, W: 1 }));
    expect(await readOne(await openBattery(device))).toEqual(
      implausible(/has no model 701, only 1, 203/),
    );
  });

  test('it is no SunSpec device', async () => {
    const device = await ScriptedDevice.serve(0, new Uint16Array(100));
    ending.push(() => device.close());
    expect(await readOne(await openBattery(device))).toEqual(implausible(/sunspec_not_found/));
  });

  test('it has no power to show, or a scale that cannot be', async () => {
    const image = meterImage({ W_SF: 0, W: null });
    const device = await serve(image);
    const devices = open({ asset: 'm', kind: 'meter', host: '127.0.0.1', port: device.port });
    expect(await readOne(devices)).toEqual(implausible(/model 203 has no W/));
    put(image, METER_THREE_PHASE, { W: 5 });
    image.blocks[1]!.registers[22] = 99;
    expect(await readOne(devices)).toEqual(implausible(/scale_factor_invalid/));
    put(image, METER_THREE_PHASE, { W_SF: 0, W: 5 });
    expect(await readOne(devices)).toMatchObject({ ok: true });
    expect(device.connections, 'the connection is as good as before').toBe(1);
  });

  test('its heartbeat stands still: it is somebody’s cache', async () => {
    const image = batteryImage();
    const devices = await openBattery(await serve(image));
    expect(await readOne(devices)).toMatchObject({ ok: true });
    nowMs += 9_999;
    expect(await readOne(devices)).toMatchObject({ ok: true });
    nowMs += 1;
    expect(await readOne(devices)).toEqual(implausible(/heartbeat stands at 1 for 10 s/));
    put(image, DER_CONTROL, { DERHb: 2 });
    expect(await readOne(devices)).toMatchObject({ ok: true });
  });

  test.each([
    [4, 'SERVER DEVICE FAILURE'],
    [7, 'NEGATIVE ACKNOWLEDGE'],
    [0, 'AN EXCEPTION OF ITS OWN'],
    [9, 'AN EXCEPTION OF ITS OWN'],
    [0xe0, 'AN EXCEPTION OF ITS OWN'],
  ])('exception %i, of the standard or not, is a refusal, and ends nothing', async (code, name) => {
    const device = await serve(batteryImage());
    const devices = await openBattery(device);
    await readOne(devices);
    device.refusesWith = code;
    device.manner = () => 'refuse';
    expect(await readOne(devices)).toEqual({
      ok: false,
      fault: 'refused',
      detail: expect.stringContaining(`${name} (Code ${code})`),
    });
    device.manner = () => 'answer';
    expect(await readOne(devices)).toMatchObject({ ok: true });
    expect(device.connections).toBe(1);
  });

  test('an answer of another length than was asked for ends the connection', async () => {
    const device = await serve(batteryImage());
    const devices = await openBattery(device);
    await readOne(devices);
    device.manner = () => 'one-register-short';
    expect(await readOne(devices)).toEqual(implausible(/asked for 6 registers at 40080, got 5/));
    device.manner = () => 'answer';
    expect(await readOne(devices)).toMatchObject({ ok: true });
    expect(device.connections).toBe(2);
  });
});

describe('writing', () => {
  test('only what the list names is written, and enabling comes last', async () => {
    const image = batteryImage();
    const device = await serve(image);
    const devices = await openBattery(device);
    await readOne(devices);
    const before = image.registers.slice();
    device.seen.length = 0;
    const setpoint = { activePowerKw: -40.0004, reversionS: 90, revertKw: 5 };
    expect(await devices.write('battery-1', setpoint, AMPLE_MS)).toEqual({ ok: true });
    // 704 stands at 40277: WSetMod to WSetRvrt, WSetEnaRvrt and WSetRvrtTms, then WSetEna alone.
    expect(device.seen).toEqual([
      { kind: 'write', address: 40_300, count: 5 },
      { kind: 'write', address: 40_307, count: 3 },
      { kind: 'write', address: 40_299, count: 1 },
    ]);
    const changed = [...image.registers.keys()].filter((at) => image.registers[at] !== before[at]);
    const at704 = changed.map((at) => at + 40_000 - 40_277);
    expect(at704).toEqual([22, 23, 24, 25, 26, 27, 30, 31, 32]);
    expect(await readOne(devices)).toMatchObject({ measured: { setpointKw: -40 } });
  });

  test('a limit in percent is counted from WMax where it is set, and from the rating where not', async () => {
    const limit = { activePowerKw: 20, reversionS: 90, revertKw: null };
    for (const [wMax, percent] of [
      [40_000, 5_000],
      [null, 3_333],
    ] as const) {
      const image = buildImage([
        encodeModel(COMMON, {}),
        encodeModel(DER_MEASURE_AC, { W_SF: 0, W: 0, LLV: 400 }),
        encodeModel(DER_CAPACITY, { W_SF: 0, WMaxRtg: 60_000, WMax: wMax }),
        encodeModel(DER_CONTROLS_AC, { WMaxLimPct_SF: -2 }),
        encodeModel(DER_CONTROL, { LocRemCtl: 0 }),
      ]);
      const device = await serve(image);
      const devices = open({
        ...{ asset: 'pv-1', kind: 'pv', host: '127.0.0.1', port: device.port },
        dischargeMaxKw: 60,
      });
      expect(await devices.write('pv-1', limit, AMPLE_MS)).toEqual({ ok: true });
      const controls = image.blocks.find(({ block }) => block.id === 704)!.registers;
      expect([...controls.subarray(14, 20)]).toEqual([1, percent, 10_000, 0, 0, 90]);
      const setpointKw = wMax === null ? 19.998 : 20;
      expect(await readOne(devices)).toMatchObject({ measured: { setpointKw } });
    }
  });

  test('charging points are told in steps of theirs, and none that lets them draw more', async () => {
    const image = chargersImage({ WSet_SF: 2 });
    const devices = await openChargers(await serve(image));
    for (const [askedKw, heldKw] of [
      [-10.06, -10],
      [-10.1, -10.1],
      [-0.07, 0],
    ] as const) {
      const setpoint = { activePowerKw: askedKw, reversionS: 60, revertKw: -4.47 };
      expect(await devices.write('ev', setpoint, AMPLE_MS)).toEqual({ ok: true });
      expect(await readOne(devices)).toMatchObject({ measured: { setpointKw: heldKw } });
      const controls = image.blocks.find(({ block }) => block.id === DER_CONTROLS_AC.id)!.registers;
      expect(decodePoint(DER_CONTROLS_AC, controls, 'WSetRvrt')).toBe(-4_400);
    }
  });

  test('a device that was in local at its discovery is not written before it was ever read', async () => {
    const image = batteryImage();
    put(image, DER_CONTROL, { LocRemCtl: 1 });
    const device = await serve(image);
    const devices = await openBattery(device);
    const setpoint = { activePowerKw: 1, reversionS: 30, revertKw: null };
    expect(await devices.write('battery-1', setpoint, AMPLE_MS)).toEqual({
      ok: false,
      fault: 'refused',
      detail: 'the device is in local control',
    });
    await readOne(devices);
    expect(device.seen.every(({ kind }) => kind === 'read')).toBe(true);
  });

  test('a device that does not take a heartbeat is measured all the same, and not asked again', async () => {
    const device = await serve(batteryImage());
    device.manner = ({ kind }) => (kind === 'write' ? 'refuse' : 'answer');
    const devices = await openBattery(device);
    for (let cycle = 0; cycle < 3; cycle += 1) {
      expect(await readOne(devices)).toMatchObject({ ok: true });
    }
    expect(device.seen.filter(({ kind }) => kind === 'write')).toHaveLength(1);
    expect(device.connections).toBe(1);
  });

  test('a device that is silent to a heartbeat costs two connections, and no more for good', async () => {
    const device = await serve(batteryImage());
    device.manner = ({ kind }) => (kind === 'write' ? 'ignore' : 'answer');
    const devices = await openBattery(device);
    for (let cycle = 0; cycle < 5; cycle += 1) {
      expect(await readOne(devices, SHORT_MS)).toMatchObject({ ok: true });
    }
    expect(device.connections).toBe(3);
    device.cut();
    while ((await readOne(devices, SHORT_MS)).ok === false);
    expect(device.seen.filter(({ kind }) => kind === 'write')).toHaveLength(2);
  });

  test('a heartbeat that is lost by chance is told again on the next connection', async () => {
    const device = await serve(batteryImage());
    const devices = await openBattery(device);
    for (let round = 0; round < 3; round += 1) {
      device.manner = ({ kind }) => (kind === 'write' ? 'ignore' : 'answer');
      await readOne(devices, SHORT_MS);
      device.manner = () => 'answer';
      await readOne(devices);
    }
    expect(device.seen.filter(({ kind }) => kind === 'write')).toHaveLength(6);
  });
});

describe('connections', () => {
  test('an answer that comes too late is never taken for a later one', async () => {
    const image = batteryImage();
    const device = await serve(image);
    const devices = await openBattery(device);
    await readOne(devices);
    device.manner = () => 'hold';
    expect(await readOne(devices, SHORT_MS)).toMatchObject({ ok: false, fault: 'silent' });
    put(image, DER_MEASURE_AC, { W: -77_000 });
    device.manner = () => 'answer';
    device.release();
    expect(await readOne(devices)).toMatchObject({ measured: { activePowerKw: -77 } });
    expect(device.connections).toBe(2);
    expect(device.openConnections).toBe(1);
  });

  test('a cut connection is made again by itself, in the next cycle at the latest', async () => {
    const device = await serve(batteryImage());
    const devices = await openBattery(device);
    await readOne(devices);
    device.cut();
    // Whether the first one meets the old connection or its end is up to the operating system.
    await readOne(devices);
    expect(await readOne(devices)).toMatchObject({ ok: true });
    expect(device.connections).toBe(2);
  });

  test('a device that is not there is said to be so at once, and is found when it comes', async () => {
    const gone = await ScriptedDevice.serve(40_000, batteryImage().registers);
    const { port } = gone;
    await gone.close();
    const devices = open({ ...batteryConfig, ...nameplate, port });
    const startMs = performance.now();
    for (let cycle = 0; cycle < 20; cycle += 1) {
      expect(await readOne(devices)).toMatchObject({ ok: false, fault: 'unreachable' });
    }
    expect(performance.now() - startMs).toBeLessThan(1_000);
    await serve(batteryImage(), 40_000, port);
    let reading = await readOne(devices);
    // Each attempt is refused at once until the backoff has passed: at most a second by then.
    while (!reading.ok && performance.now() - startMs < 5_000) {
      await new Promise((resolve) => setImmediate(resolve));
      reading = await readOne(devices);
    }
    expect(reading).toMatchObject({ ok: true });
  });

  test('a device that is no good is not connected to again and again', async () => {
    const device = await serve(batteryImage({ capacity: { WMaxRtg: 50_000 } }));
    const devices = await openBattery(device);
    for (let cycle = 0; cycle < 50; cycle += 1) {
      expect(await readOne(devices)).toMatchObject({ ok: false, fault: 'implausible' });
    }
    expect(device.connections).toBeGreaterThan(1);
    expect(device.connections).toBeLessThan(8);
  });

  test('a device that is slow to be discovered is found beside the cycles, not within one', async () => {
    const device = await serve(batteryImage());
    device.manner = ({ address }) => (address === 40_002 ? 'hold' : 'answer');
    const devices = await openBattery(device);
    expect(await readOne(devices, SHORT_MS)).toEqual({
      ok: false,
      fault: 'unreachable',
      detail: 'still connecting',
    });
    device.manner = () => 'answer';
    device.release();
    expect(await readOne(devices)).toMatchObject({ ok: true });
    expect(device.connections).toBe(1);
  });

  test('after closing nothing is connected, and nothing connects again', async () => {
    const device = await serve(batteryImage());
    const devices = await openBattery(device);
    await readOne(devices);
    await devices.close();
    expect(await readOne(devices)).toMatchObject({ ok: false, fault: 'unreachable' });
    expect(device.connections).toBe(1);
  });

  test('closing in the middle of connecting ends that too', async () => {
    const device = await serve(batteryImage());
    device.manner = () => 'ignore';
    const devices = await openBattery(device);
    const reading = readOne(devices);
    await devices.close();
    expect(await reading).toMatchObject({ ok: false, fault: 'unreachable' });
  });
});

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
