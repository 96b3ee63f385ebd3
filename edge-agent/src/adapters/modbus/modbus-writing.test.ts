import {
  buildImage,
  COMMON,
  DER_CAPACITY,
  DER_CONTROL,
  DER_CONTROLS_AC,
  DER_MEASURE_AC,
  decodePoint,
  encodeModel,
} from '@tieline/grid';
import { afterEach, describe, expect, test } from 'vitest';
import {
  AMPLE_MS,
  batteryImage,
  chargersImage,
  closeAll,
  open,
  openBattery,
  openChargers,
  put,
  readOne,
  SHORT_MS,
  serve,
} from './testing/served-devices.ts';

afterEach(closeAll);

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
