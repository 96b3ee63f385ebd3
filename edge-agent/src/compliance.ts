import { type AssetId, assert } from '@tieline/kernel';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type {
  AssetMeasurement,
  AssetRatings,
  AssetReading,
  DeviceSetpoint,
  Devices,
} from './ports/devices.ts';

/** The site that the suite is run on. */
export const COMPLIANCE_SITE: readonly AssetRatings[] = [
  { asset: 'battery-1', kind: 'battery', dischargeMaxKw: 100, chargeMaxKw: 80, energyKwh: 200 },
  { asset: 'pv-1', kind: 'pv', dischargeMaxKw: 60, chargeMaxKw: 0, energyKwh: 0 },
  { asset: 'ev-1', kind: 'flexible-load', dischargeMaxKw: 0, chargeMaxKw: 44, energyKwh: 0 },
  { asset: 'load-1', kind: 'load', dischargeMaxKw: 0, chargeMaxKw: 0, energyKwh: 0 },
  { asset: 'meter-1', kind: 'meter', dischargeMaxKw: 0, chargeMaxKw: 0, energyKwh: 0 },
];

/** What the suite makes a device measure; kW and kvar positive into the grid. */
export type TerminalValues = Pick<
  AssetMeasurement,
  'activePowerKw' | 'reactivePowerKvar' | 'voltagePu' | 'stateOfCharge'
>;

/** `busy` and `gateway-no-response`: answers with the exception of that name. `slow`: does it seconds later. */
export type ComplianceFault =
  | 'silent'
  | 'refuses'
  | 'other-setpoint'
  | 'busy'
  | 'gateway-no-response'
  | 'slow';

/** Devices of `COMPLIANCE_SITE`, seen from both sides. */
export interface DevicesHarness {
  readonly devices: Devices;
  /** What an asset's terminal measures from now on. */
  terminal(asset: AssetId, values: TerminalValues): void;
  /** What the device was last told to do; null where nothing is asked of it. */
  asked(asset: AssetId): number | null;
  setLocal(asset: AssetId, local: boolean): void;
  /** `other-setpoint`: accepts a write and keeps half of it. */
  setFault(asset: AssetId, fault: ComplianceFault | null): void;
  /** Moves the devices' clock, which their reversion timers run on. */
  advance(ms: number): void;
  /** The clock that deadlines are kept by, ms. */
  deadlineNowMs(): number;
  /** Drives the world until the body ends. */
  run<T>(body: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const AMPLE_MS = 2_000;
const SHORT_MS = 300;
const discharge40: DeviceSetpoint = { activePowerKw: 40, reversionS: 30, revertKw: null };

/** What every way to the devices of a site promises. */
export function devicesCompliance(name: string, make: () => Promise<DevicesHarness>): void {
  describe(`devices: ${name}`, () => {
    let harness: DevicesHarness;
    beforeEach(async () => {
      harness = await make();
    });
    afterEach(() => harness.close());

    const readAll = (deadlineMs = AMPLE_MS): Promise<ReadonlyMap<AssetId, AssetReading>> =>
      harness.run(() => harness.devices.readAll(deadlineMs));
    const measure = async (asset: AssetId): Promise<AssetMeasurement> => {
      const reading = (await readAll()).get(asset);
      assert(reading?.ok === true, `${asset} is measured: ${JSON.stringify(reading)}`);
      return reading.measured;
    };
    const write = (asset: AssetId, setpoint: DeviceSetpoint, deadlineMs = AMPLE_MS) =>
      harness.run(() => harness.devices.write(asset, setpoint, deadlineMs));

    test('the ratings are those of the configuration', () => {
      expect(harness.devices.ratings).toEqual(COMPLIANCE_SITE);
    });

    test('every asset is read at once, power positive into the grid, to the watt', async () => {
      const plain = { reactivePowerKvar: 0, voltagePu: 1, stateOfCharge: null };
      harness.terminal('battery-1', {
        activePowerKw: -31.06,
        reactivePowerKvar: 5.5,
        voltagePu: 0.975,
        stateOfCharge: 0.625,
      });
      harness.terminal('pv-1', { ...plain, activePowerKw: 12.34 });
      harness.terminal('ev-1', { ...plain, activePowerKw: -22.5 });
      harness.terminal('load-1', { ...plain, activePowerKw: -80.0004, reactivePowerKvar: -20 });
      harness.terminal('meter-1', { ...plain, activePowerKw: -0.0001, voltagePu: 1.025 });
      const readings = await readAll();
      const idle = { setpointKw: null, local: false, reversionRemainingS: null };
      const measured = { ...plain, ...idle };
      expect(Object.fromEntries(readings)).toEqual({
        'battery-1': {
          ok: true,
          measured: {
            ...idle,
            activePowerKw: -31.06,
            reactivePowerKvar: 5.5,
            voltagePu: 0.975,
            stateOfCharge: 0.625,
          },
        },
        'pv-1': { ok: true, measured: { ...measured, activePowerKw: 12.34 } },
        'ev-1': { ok: true, measured: { ...measured, activePowerKw: -22.5 } },
        'load-1': {
          ok: true,
          measured: { ...measured, activePowerKw: -80, reactivePowerKvar: -20 },
        },
        'meter-1': { ok: true, measured: { ...measured, activePowerKw: 0, voltagePu: 1.025 } },
      });
    });

    test('a setpoint reaches the device, is read back, and its timer is seen to fall', async () => {
      expect(await write('battery-1', { ...discharge40, activePowerKw: -25.5 })).toEqual({
        ok: true,
      });
      expect(harness.asked('battery-1')).toBe(-25.5);
      expect(await measure('battery-1')).toMatchObject({
        setpointKw: -25.5,
        reversionRemainingS: 30,
      });
      harness.advance(12_000);
      expect(await measure('battery-1')).toMatchObject({ reversionRemainingS: 18 });
      expect(harness.asked('pv-1')).toBeNull();
    });

    test('without a new write the device falls back by itself, to its default', async () => {
      await write('battery-1', discharge40);
      harness.advance(29_999);
      expect(harness.asked('battery-1')).toBe(40);
      harness.advance(1);
      expect(harness.asked('battery-1')).toBeNull();
      expect(await measure('battery-1')).toMatchObject({
        setpointKw: null,
        reversionRemainingS: null,
      });
    });

    test('without a new write the device falls back by itself, to the value it was given', async () => {
      await write('battery-1', { ...discharge40, revertKw: -10 });
      await write('pv-1', { activePowerKw: 15, reversionS: 10, revertKw: 45 });
      harness.advance(30_000);
      expect([harness.asked('battery-1'), harness.asked('pv-1')]).toEqual([-10, 45]);
      expect(await measure('battery-1')).toMatchObject({
        setpointKw: -10,
        reversionRemainingS: null,
      });
    });

    test('a new write starts the timer anew, also with the same values', async () => {
      await write('battery-1', discharge40);
      harness.advance(25_000);
      await write('battery-1', discharge40);
      harness.advance(25_000);
      expect(harness.asked('battery-1')).toBe(40);
      expect(await measure('battery-1')).toMatchObject({ reversionRemainingS: 5 });
    });

    test('a released asset runs free at once, and no timer is left', async () => {
      await write('battery-1', discharge40);
      await write('battery-1', { activePowerKw: null, reversionS: 30, revertKw: null });
      expect(harness.asked('battery-1')).toBeNull();
      expect(await measure('battery-1')).toMatchObject({
        setpointKw: null,
        reversionRemainingS: null,
      });
    });

    test('a limit of generation holds, and is never rounded above what was asked', async () => {
      for (const limitKw of [57, 34.2, 19.9965, 0]) {
        expect(await write('pv-1', { ...discharge40, activePowerKw: limitKw })).toEqual({
          ok: true,
        });
        const askedKw = harness.asked('pv-1') ?? Number.NaN;
        expect(askedKw).toBeLessThanOrEqual(limitKw);
        expect(askedKw).toBeGreaterThan(limitKw - 0.011);
        expect((await measure('pv-1')).setpointKw).toBeCloseTo(askedKw, 3);
      }
      harness.advance(30_000);
      expect(harness.asked('pv-1')).toBeNull();
    });

    test('what a flexible load may draw holds, and without a new write it falls back to what is safe', async () => {
      for (const activePowerKw of [-30.25, 0]) {
        const written = await write('ev-1', { activePowerKw, reversionS: 30, revertKw: -4.4 });
        expect(written).toEqual({ ok: true });
        expect(await measure('ev-1')).toMatchObject({
          setpointKw: activePowerKw,
          reversionRemainingS: 30,
        });
      }
      harness.advance(30_000);
      expect(harness.asked('ev-1')).toBe(-4.4);
      await write('ev-1', { activePowerKw: null, reversionS: 30, revertKw: null });
      expect(harness.asked('ev-1')).toBeNull();
    });

    test('a device in local control says so and is not written', async () => {
      await write('battery-1', discharge40);
      harness.setLocal('battery-1', true);
      expect(await measure('battery-1')).toMatchObject({ local: true, setpointKw: null });
      expect(await write('battery-1', discharge40)).toMatchObject({ ok: false, fault: 'refused' });
      expect(harness.asked('battery-1')).toBeNull();
      harness.setLocal('battery-1', false);
      expect(await measure('battery-1')).toMatchObject({ local: false });
      expect(await write('battery-1', discharge40)).toEqual({ ok: true });
    });

    test('a device that went local since the last reading is not written either', async () => {
      await measure('battery-1');
      harness.setLocal('battery-1', true);
      expect(await write('battery-1', discharge40)).toMatchObject({ ok: false, fault: 'refused' });
      expect(harness.asked('battery-1')).toBeNull();
    });

    test('a silent device costs the deadline and nobody else their reading', async () => {
      await readAll();
      harness.setFault('pv-1', 'silent');
      const startMs = harness.deadlineNowMs();
      const readings = await readAll(SHORT_MS);
      const tookMs = harness.deadlineNowMs() - startMs;
      // Far below any timer of a library, and above what a busy machine adds.
      expect(tookMs).toBeLessThan(SHORT_MS + 1_000);
      expect(readings.get('pv-1')).toMatchObject({ ok: false, fault: 'silent' });
      for (const asset of ['battery-1', 'load-1', 'meter-1']) {
        expect(readings.get(asset), asset).toMatchObject({ ok: true });
      }
      harness.setFault('pv-1', null);
      expect((await readAll()).get('pv-1')).toMatchObject({ ok: true });
    });

    test('a write to a silent device is not done, and one after its return is', async () => {
      await readAll();
      harness.setFault('battery-1', 'silent');
      expect(await write('battery-1', discharge40, SHORT_MS)).toMatchObject({
        ok: false,
        fault: 'silent',
      });
      harness.setFault('battery-1', null);
      expect(await write('battery-1', { ...discharge40, activePowerKw: 7 })).toEqual({ ok: true });
      expect(harness.asked('battery-1')).toBe(7);
    });

    test('a device that refuses is told apart from one that is silent', async () => {
      await readAll();
      harness.setFault('battery-1', 'refuses');
      expect((await readAll()).get('battery-1')).toMatchObject({ ok: false, fault: 'refused' });
      expect(await write('battery-1', discharge40)).toMatchObject({ ok: false, fault: 'refused' });
      expect(harness.asked('battery-1')).toBeNull();
      harness.setFault('battery-1', null);
      expect((await readAll()).get('battery-1')).toMatchObject({ ok: true });
    });

    test.each(['busy', 'gateway-no-response'] as const)(
      'a device that answers %s was not reached, and is asked again',
      async (fault) => {
        await readAll();
        harness.setFault('battery-1', fault);
        expect((await readAll()).get('battery-1')).toMatchObject({ fault: 'unreachable' });
        expect(await write('battery-1', discharge40)).toMatchObject({ fault: 'unreachable' });
        expect(harness.asked('battery-1')).toBeNull();
        harness.setFault('battery-1', null);
        expect((await readAll()).get('battery-1')).toMatchObject({ ok: true });
      },
    );

    test('what a slow device answers too late is no answer', async () => {
      await readAll();
      harness.setFault('battery-1', 'slow');
      const late = { ok: false, fault: 'silent' };
      expect(await write('battery-1', discharge40, SHORT_MS)).toMatchObject(late);
      harness.setFault('battery-1', null);
      expect((await readAll()).get('battery-1')).toMatchObject({ ok: true });
    });

    test('a device that keeps something else than it was told shows it when read back', async () => {
      harness.setFault('battery-1', 'other-setpoint');
      expect(await write('battery-1', discharge40)).toEqual({ ok: true });
      expect(await measure('battery-1')).toMatchObject({ setpointKw: 20 });
    });

    test('meters and loads are not controlled', async () => {
      for (const asset of ['meter-1', 'load-1']) {
        expect(await write(asset, discharge40)).toMatchObject({ ok: false, fault: 'refused' });
      }
    });

    test('a setpoint that would not end by itself is a bug, not a request', async () => {
      await expect(
        (async () => write('battery-1', { ...discharge40, reversionS: 0 }))(),
      ).rejects.toThrow(/ends by itself/);
    });
  });
}
