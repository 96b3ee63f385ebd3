import { DER_CONTROL, DER_CONTROLS_AC, METER_THREE_PHASE } from '@tieline/grid';
import { afterEach, describe, expect, test } from 'vitest';
import {
  AMPLE_MS,
  batteryConfig,
  batteryImage,
  chargersImage,
  closeAll,
  meterImage,
  nameplate,
  open,
  openBattery,
  openChargers,
  put,
  readOne,
  serve,
  time,
} from './testing/served-devices.ts';

afterEach(closeAll);

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
    const device = await serve({ registers: new Uint16Array(100) }, 0);
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
    time.nowMs += 9_999;
    expect(await readOne(devices)).toMatchObject({ ok: true });
    time.nowMs += 1;
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
