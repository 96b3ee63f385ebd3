import { DER_MEASURE_AC } from '@tieline/grid';
import { afterEach, describe, expect, test } from 'vitest';
import { ScriptedDevice } from './testing/scripted-device.ts';
import {
  batteryConfig,
  batteryImage,
  closeAll,
  nameplate,
  open,
  openBattery,
  put,
  readOne,
  SHORT_MS,
  serve,
} from './testing/served-devices.ts';

afterEach(closeAll);

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
