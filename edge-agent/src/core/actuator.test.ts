import { expect, test } from 'vitest';
import type {
  AssetRatings,
  AssetReading,
  DeviceSetpoint,
  Devices,
  WriteOutcome,
} from '../ports/devices.ts';
import { Actuator } from './actuator.ts';
import type { Decision } from './law/decide.ts';
import { measured, policy, ratings } from './law/fixture-site.ts';
import { freezeImage } from './law/process-image.ts';

/** Devices that take what they are told, unless a fault is set, and the actuator that tells them. */
class Rig {
  readonly writes: (DeviceSetpoint & { asset: string; atS: number })[] = [];
  readonly holds: Record<string, number | null> = { battery: null, pv: null };
  local = false;
  silent = false;
  stubborn: number | null = null;
  armed = true;
  /** Read-back comes this many cycles late. */
  lag = 0;
  outcome: WriteOutcome = { ok: true };
  second = 0;
  readonly #held: Record<string, number | null>[] = [];
  /** When each asset's timer was started, s. */
  readonly #startedS: Record<string, number> = {};
  /** A timer that shows this much for ever, s. */
  frozenS: number | null = null;
  readonly #actuator: Actuator;

  constructor() {
    const devices: Devices = {
      ratings,
      readAll: async () => new Map<string, AssetReading>(),
      close: async () => {},
      write: async (asset, setpoint) => {
        this.writes.push({ ...setpoint, asset, atS: this.second });
        this.#startedS[asset] = this.second;
        if (this.outcome.ok) this.holds[asset] = this.stubborn ?? setpoint.activePowerKw;
        return this.outcome;
      },
    };
    this.#actuator = new Actuator(devices);
  }

  /** One cycle; gives what the actuator had to report. */
  async cycle(setpoints: Decision['setpoints']): Promise<string[]> {
    this.#held.push({ ...this.holds });
    const shown = this.#held.at(-1 - this.lag) ?? { battery: null, pv: null };
    const answers = Object.entries(shown).map(([asset, setpointKw]): [string, AssetReading] => {
      const stateOfCharge = asset === 'battery' ? 0.5 : null;
      const reading = measured(setpointKw ?? 0, {
        ...{ setpointKw, stateOfCharge, local: this.local },
        reversionRemainingS: this.armed && setpointKw !== null ? this.#remainingS(asset) : null,
      });
      if (this.silent) return [asset, { ok: false, fault: 'silent', detail: 'no answer' }];
      return [asset, { ok: true, measured: reading }];
    });
    const at = { sessionMs: this.second * 1_000, wallMs: 0, clock: 'trusted' } as const;
    const image = freezeImage(at, ratings, new Map(answers));
    const decision: Decision = { setpoints, reasons: {}, conflicts: [], doubts: [], events: [] };
    const troubles = await this.#actuator.apply(decision, image, policy);
    this.second += 1;
    return troubles.map(({ asset, kind }) => `${asset} ${kind}`);
  }

  #remainingS(asset: string): number {
    return this.frozenS ?? Math.max(0, 60 - (this.second - (this.#startedS[asset] ?? 0)));
  }

  async run(seconds: number, setpoints: Decision['setpoints']): Promise<string[][]> {
    const troubles: string[][] = [];
    for (let k = 0; k < seconds; k += 1) troubles.push(await this.cycle(setpoints));
    return troubles;
  }
}

test('a standing setpoint is written again before the device would fall back by itself', async () => {
  const rig = new Rig();
  await rig.run(61, { battery: 20 });
  expect(rig.writes.map(({ atS }) => atS)).toEqual([0, 20, 40, 60]);
  expect(rig.writes.every(({ reversionS }) => reversionS === 60)).toBe(true);
});

test('each device is told what to fall back to: a store its safe power, PV its own default', async () => {
  const rig = new Rig();
  await rig.run(1, { battery: 20, pv: 30 });
  expect(rig.writes).toMatchObject([
    { asset: 'battery', revertKw: 0 },
    { asset: 'pv', revertKw: null },
  ]);
});

test('a flexible load that is free is told its nameplate: it has to fall back without its agent then, too', async () => {
  const ev: AssetRatings = {
    ...{ asset: 'ev', kind: 'flexible-load', dischargeMaxKw: 0, chargeMaxKw: 44, energyKwh: 0 },
  };
  const writes: DeviceSetpoint[] = [];
  const devices: Devices = {
    ...{ ratings: [ev], readAll: async () => new Map(), close: async () => {} },
    write: async (_, setpoint) => {
      writes.push(setpoint);
      return { ok: true };
    },
  };
  const actuator = new Actuator(devices);
  const decision = { setpoints: { ev: null }, reasons: {}, conflicts: [], doubts: [], events: [] };
  const governed = { ...policy.assets[0]!, asset: 'ev', safePowerKw: -10 };
  const run = async (seconds: number, under = { ...policy, assets: [governed] }) => {
    const troubles: unknown[] = [];
    for (let second = 0; second < seconds; second += 1) {
      const setpointKw = writes.at(-1)?.activePowerKw ?? null;
      const reversionRemainingS = setpointKw === null ? null : 60 - (second % 20);
      const readings = { ev: measured(-20, { setpointKw, reversionRemainingS }) };
      const image = { sessionMs: second * 1_000, wallMs: 0, clock: 'trusted', readings } as const;
      troubles.push(...(await actuator.apply(decision, image, under)));
    }
    return troubles;
  };
  // One that the policy does not name is nobody's to tell.
  await run(30, { ...policy, assets: [] });
  expect(writes).toEqual([]);
  expect(await run(41)).toEqual([]);
  const told = { activePowerKw: -44, reversionS: 60, revertKw: -10 };
  expect(writes).toEqual([told, told, told]);
  await run(1, { ...policy, assets: [] });
  expect(writes.at(-1)).toMatchObject({ activePowerKw: null });
});

test('an asset that was never held back is left as it is; one that an earlier boot held is released', async () => {
  const rig = new Rig();
  await rig.run(30, { pv: null });
  expect(rig.writes).toEqual([]);
  rig.holds['pv'] = 25;
  await rig.run(30, { pv: null });
  expect(rig.writes).toMatchObject([{ asset: 'pv', activePowerKw: null }]);
});

test('a device in local control is not written, and told anew behind it', async () => {
  const rig = new Rig();
  await rig.run(5, { battery: 20 });
  rig.local = true;
  await rig.run(30, { battery: 40 });
  expect(rig.writes).toHaveLength(1);
  rig.local = false;
  await rig.run(1, { battery: 40 });
  expect(rig.writes).toHaveLength(2);
});

test('a foreign setpoint is written over and reported', async () => {
  const rig = new Rig();
  await rig.run(5, { battery: 20 });
  rig.holds['battery'] = 70;
  expect(await rig.cycle({ battery: 20 })).toEqual(['battery foreign_setpoint']);
  expect(rig.holds['battery']).toBe(20);
  expect((await rig.run(10, { battery: 20 })).flat()).toEqual([]);
});

test('a device that never takes what it is told is one trouble without end, not a new one every few seconds', async () => {
  const rig = new Rig();
  rig.stubborn = 7;
  const troubles = await rig.run(60, { battery: 20 });
  const first = troubles.findIndex((cycle) => cycle.length > 0);
  expect(first).toBe(3);
  for (const cycle of troubles.slice(first)) expect(cycle).toEqual(['battery foreign_setpoint']);
});

test.each([
  ['refused', 'write_failed'],
  ['implausible', 'write_failed'],
  ['silent', 'write_unanswered'],
  ['unreachable', 'write_unanswered'],
] as const)(
  'a write that is %s is reported as %s, and tried again in the next cycle',
  async (fault, kind) => {
    const rig = new Rig();
    rig.outcome = { ok: false, fault, detail: 'no answer' };
    expect(await rig.cycle({ battery: 20 })).toEqual([`battery ${kind}`]);
    rig.outcome = { ok: true };
    expect(await rig.cycle({ battery: 20 })).toEqual([]);
    expect(rig.writes).toHaveLength(2);
  },
);

test.each(['silent', 'unreachable'] as const)(
  'a device that is read, and %s to every write for half a minute, does not take them',
  async (fault) => {
    const rig = new Rig();
    rig.outcome = { ok: false, fault, detail: 'no answer' };
    const troubles = await rig.run(60, { battery: 20 });
    expect(troubles.findIndex((cycle) => cycle.includes('battery write_failed'))).toBe(30);
    rig.outcome = { ok: true };
    await rig.run(25, { battery: 20 });
    rig.outcome = { ok: false, fault, detail: 'no answer' };
    expect((await rig.run(20, { battery: 30 })).flat()).not.toContain('battery write_failed');
  },
);

test('nor does one whose connection each write costs, so that it is read every other cycle', async () => {
  const rig = new Rig();
  rig.outcome = { ok: false, fault: 'silent', detail: 'no answer' };
  const troubles: string[][] = [];
  for (let k = 0; k < 60; k += 1) {
    rig.silent = k % 2 === 1;
    troubles.push(await rig.cycle({ battery: 20 }));
  }
  expect(troubles.findIndex((cycle) => cycle.includes('battery write_failed'))).toBe(30);
});

test('a device that is not read is no second trouble for the writes that it does not answer', async () => {
  const rig = new Rig();
  rig.silent = true;
  rig.outcome = { ok: false, fault: 'silent', detail: 'no answer' };
  const troubles = await rig.run(60, { battery: 20 });
  expect(new Set(troubles.flat())).toEqual(new Set(['battery write_unanswered']));
});

test('a reversion timer that was accepted and does not run is a trouble, until it runs', async () => {
  const rig = new Rig();
  rig.armed = false;
  const troubles = await rig.run(60, { battery: 20, pv: null });
  const first = troubles.findIndex((cycle) => cycle.length > 0);
  expect(first).toBe(3);
  for (const cycle of troubles.slice(first)) expect(cycle).toEqual(['battery reversion_not_armed']);
  rig.armed = true;
  expect((await rig.run(10, { battery: 20 })).slice(4).flat()).toEqual([]);
});

test.each([60, 42, 3])(
  'a timer that stands still at %i s is no timer: it has to be seen to fall',
  async (frozenS) => {
    const rig = new Rig();
    expect((await rig.run(30, { battery: 20 })).flat()).toEqual([]);
    rig.frozenS = frozenS;
    const troubles = await rig.run(30, { battery: 20 });
    const first = troubles.findIndex((cycle) => cycle.length > 0);
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThanOrEqual(3);
    expect(new Set(troubles.flat())).toEqual(new Set(['battery reversion_not_armed']));
    rig.frozenS = null;
    expect((await rig.run(30, { battery: 20 })).slice(1).flat()).toEqual([]);
  },
);

/** A setpoint that moves at every cycle, as beneath a limit. */
const moving = (second: number) => ({ battery: 20 + (second % 2) / 1_000 });

test('a device that never takes what it is told is found out while the setpoint moves as well', async () => {
  const rig = new Rig();
  rig.stubborn = -80;
  const troubles: string[][] = [];
  for (let k = 0; k < 60; k += 1) troubles.push(await rig.cycle(moving(k)));
  expect(troubles.findIndex((cycle) => cycle.length > 0)).toBe(3);
  for (const cycle of troubles.slice(3)) expect(cycle).toEqual(['battery foreign_setpoint']);
});

test('a timer that does not run is found out while the setpoint moves as well', async () => {
  const rig = new Rig();
  rig.armed = false;
  const troubles: string[][] = [];
  for (let k = 0; k < 60; k += 1) troubles.push(await rig.cycle(moving(k)));
  expect(troubles.findIndex((cycle) => cycle.length > 0)).toBe(3);
  for (const cycle of troubles.slice(3)) expect(cycle).toEqual(['battery reversion_not_armed']);
});

test('a device that shows a ramp two seconds late holds what it was told', async () => {
  const rig = new Rig();
  rig.lag = 2;
  for (let k = 0; k < 60; k += 1) expect(await rig.cycle({ battery: 5 * k })).toEqual([]);
});

test('a device that neither takes a setpoint nor arms is two troubles, each without a gap', async () => {
  const rig = new Rig();
  rig.stubborn = 7;
  rig.armed = false;
  const troubles = await rig.run(60, { battery: 20 });
  const both = ['battery foreign_setpoint', 'battery reversion_not_armed'];
  for (const cycle of troubles.slice(3)) expect(cycle).toEqual(both);
});
