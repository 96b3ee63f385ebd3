import type { Action, SitePolicy } from '@tieline/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AssetRatings, AssetReading } from '../../ports/devices.ts';
import { imageOf, type LoggedCycle, logCycle } from '../log/cycle-log.ts';
import { type AcceptedCommand, acceptCommand } from './active-actions.ts';
import { type ControlState, initialState } from './control-state.ts';
import { type Decided, decide } from './decide.ts';
import { measured } from './fixture-site.ts';
import { flexiblePowerKw, goesOwnWay } from './observe.ts';
import { freezeImage, isMeasured, type ProcessImage } from './process-image.ts';

const ratings: readonly AssetRatings[] = [
  { asset: 'meter', kind: 'meter', dischargeMaxKw: 0, chargeMaxKw: 0, energyKwh: 0 },
  { asset: 'load', kind: 'load', dischargeMaxKw: 0, chargeMaxKw: 0, energyKwh: 0 },
  { asset: 'battery-1', kind: 'battery', dischargeMaxKw: 100, chargeMaxKw: 80, energyKwh: 200 },
  { asset: 'battery-2', kind: 'battery', dischargeMaxKw: 30, chargeMaxKw: 30, energyKwh: 15 },
  { asset: 'pv-1', kind: 'pv', dischargeMaxKw: 60, chargeMaxKw: 0, energyKwh: 0 },
  { asset: 'pv-2', kind: 'pv', dischargeMaxKw: 20, chargeMaxKw: 0, energyKwh: 0 },
  { asset: 'ev', kind: 'flexible-load', dischargeMaxKw: 0, chargeMaxKw: 44, energyKwh: 0 },
];
const controllable = ratings.slice(2);

const kw = (minKw: number, maxKw: number) =>
  fc.double({ min: minKw, max: maxKw, noNaN: true, noDefaultInfinity: true });
const bounds = (minKw: number, maxKw: number) =>
  fc.tuple(kw(minKw, 0), kw(0, maxKw)).map(([low, high]) => ({ minKw: low, maxKw: high }));

const policies: fc.Arbitrary<SitePolicy> = fc.record({
  site: fc.constant('site-1'),
  importMaxKw: kw(0, 400),
  exportMaxKw: kw(0, 200),
  quarterHourImportMaxKw: kw(0, 300),
  rechargeImportMaxKw: kw(0, 300),
  assets: fc
    .tuple(
      ...controllable.map(({ asset, chargeMaxKw, dischargeMaxKw }) =>
        fc.record({
          asset: fc.constant(asset),
          limit: bounds(-1.2 * chargeMaxKw, 1.2 * dischargeMaxKw),
          margin: bounds(-1.2 * chargeMaxKw, 1.2 * dischargeMaxKw),
          reserveStateOfCharge: fc.double({ min: 0, max: 1, noNaN: true }),
          rampKwPerS: kw(0.001, 500),
          safePowerKw: kw(-100, 100),
        }),
      ),
    )
    .map((assets) => [...assets]),
  dwellMs: fc.integer({ min: 0, max: 60_000 }),
  reversalsPerHourMax: fc.integer({ min: 0, max: 10 }),
  releaseWithinMs: fc.integer({ min: 0, max: 60_000 }),
  commandsPerHourMax: fc.constant(60),
});

const timing = {
  startWithinMs: fc.integer({ min: 0, max: 10_000 }),
  validForMs: fc.integer({ min: 1, max: 60_000 }),
};
const ids = fc.integer({ min: 0, max: 7 });
const idOf = (place: number): Buffer => Buffer.alloc(16, place);
const actions: fc.Arbitrary<Action> = fc.oneof(
  fc.record(
    {
      type: fc.constant('setpoint' as const),
      asset: fc.constantFrom(...controllable.map(({ asset }) => asset)),
      activePowerKw: kw(-500, 500),
      rampKwPerS: kw(0.001, 500),
      rampOutKwPerS: kw(0.001, 500),
      ...timing,
      revert: fc.oneof(
        fc.constant({ to: 'local' as const }),
        fc.record({ to: fc.constant('value' as const), activePowerKw: kw(-500, 500) }),
      ),
      priority: fc.integer({ min: 0, max: 9 }),
      supersedes: ids.map(idOf),
    },
    {
      requiredKeys: [
        ...(['type', 'asset', 'activePowerKw', 'rampKwPerS', 'rampOutKwPerS'] as const),
        ...(['startWithinMs', 'validForMs', 'revert', 'priority'] as const),
      ],
    },
  ),
  fc.record({
    type: fc.constant('limit' as const),
    point: fc.constantFrom('meter', ...controllable.map(({ asset }) => asset)),
    importMaxKw: kw(0, 300),
    exportMaxKw: kw(0, 300),
    ...timing,
  }),
  fc.record({
    type: fc.constant('charge-target' as const),
    asset: fc.constantFrom('battery-1', 'battery-2'),
    stateOfCharge: fc.double({ min: 0, max: 1, noNaN: true }),
    powerMaxKw: kw(0.001, 200),
    ...timing,
  }),
  fc.record({
    type: fc.constant('mode' as const),
    mode: fc.constantFrom('automatic' as const, 'idle' as const),
    ...timing,
  }),
  fc.record({ type: fc.constant('cede' as const), command: ids.map(idOf) }),
);

const powers = fc.oneof(
  { weight: 12, arbitrary: kw(-150, 150) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Infinity, -0, 1e9) },
);
const readings = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom('silent' as const, 'refused' as const) },
  {
    weight: 9,
    arbitrary: fc.record({
      activePowerKw: powers,
      stateOfCharge: fc.double({ min: 0, max: 1, noNaN: true }),
      setpointKw: fc.option(powers, { nil: null }),
      local: fc.integer({ min: 0, max: 29 }).map((draw) => draw === 0),
    }),
  },
);

type Change =
  | { readonly type: 'command'; readonly command: AcceptedCommand }
  | { readonly type: 'policy'; readonly policy: SitePolicy | null };

const cycles = fc.record({
  type: fc.constant('cycle' as const),
  afterMs: fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 1, max: 2_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 2_000, max: 400_000 }) },
  ),
  /** What the wall clock jumps by beside the session clock. */
  jumpMs: fc.oneof(
    { weight: 20, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: -4e9, max: 4e11 }) },
  ),
  clock: fc.constantFrom('trusted' as const, 'holdover' as const, 'untrusted' as const),
  forecastKw: fc.option(kw(-1_000, 1_000), { nil: null, freq: 3 }),
  readings: fc.record(Object.fromEntries(ratings.map(({ asset }) => [asset, readings]))),
});
const steps = fc.array(
  fc.oneof(
    { weight: 16, arbitrary: cycles },
    {
      weight: 4,
      arbitrary: fc.record({
        type: fc.constant('command' as const),
        place: ids,
        rank: fc.constantFrom('plan' as const, 'routine' as const, 'critical' as const),
        actions: fc.array(actions, { minLength: 1, maxLength: 3 }),
        draw: fc.double({ min: 0, max: 0.999, noNaN: true }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant('policy' as const),
        policy: fc.option(policies, { nil: null, freq: 6 }),
      }),
    },
  ),
  { minLength: 1, maxLength: 80 },
);

type Drawn = typeof steps extends fc.Arbitrary<(infer One)[]> ? One : never;

/** Everything that a log would hold of a run, and the law's state after each step of it. */
interface Ran {
  readonly log: (LoggedCycle | Change)[];
  readonly states: ControlState[];
  readonly decided: (Decided & { readonly image: ProcessImage })[];
}

function run(first: SitePolicy, drawn: readonly Drawn[]): Ran {
  const ran: Ran = { log: [], states: [], decided: [] };
  let state = initialState(ratings, first);
  let [sessionMs, wallOffsetMs] = [0, Date.UTC(2026, 2, 3, 18)];
  for (const one of drawn) {
    if (one.type === 'policy') {
      state = { ...state, policy: one.policy };
      ran.log.push({ type: 'policy', policy: one.policy });
    } else if (one.type === 'command') {
      const command: AcceptedCommand = {
        command: idOf(one.place).toString('hex'),
        rank: one.rank,
        actions: one.actions,
        acceptedMs: sessionMs,
        startDraws: one.actions.map(() => one.draw),
        releaseDraws: one.actions.map(() => one.draw),
      };
      // Once accepted, a command is known: its id never comes again while it is remembered.
      if (state.actions.some((active) => active.command === command.command)) continue;
      state = acceptCommand(state, command).state;
      ran.log.push({ type: 'command', command });
    } else {
      sessionMs += one.afterMs;
      wallOffsetMs = Math.max(0, wallOffsetMs + one.jumpMs);
      const at = { sessionMs, wallMs: wallOffsetMs + sessionMs, clock: one.clock };
      const answers = Object.entries(one.readings).map(([asset, reading]) => {
        if (typeof reading === 'string') {
          return [asset, { ok: false, fault: reading, detail: '' }] as const;
        }
        const store = asset.startsWith('battery') ? reading.stateOfCharge : null;
        const { activePowerKw, setpointKw, local } = reading;
        const given = measured(activePowerKw, { setpointKw, local, stateOfCharge: store });
        return [asset, { ok: true, measured: given }] as const;
      });
      const image = freezeImage(at, ratings, new Map<string, AssetReading>(answers));
      const decided = decide(state, image, one.forecastKw);
      state = decided.state;
      ran.decided.push({ ...decided, image });
      ran.log.push(logCycle(image, one.forecastKw, decided.decision));
    }
    ran.states.push(state);
  }
  return ran;
}

const runs = { numRuns: 300 };

test('whatever is measured, commanded and allowed, every setpoint is a number inside nameplate and policy', () => {
  fc.assert(
    fc.property(policies, steps, (first, drawn) => {
      let policy: SitePolicy | null = first;
      for (const entry of run(first, drawn).log) {
        if (!isCycle(entry)) {
          if (entry.type === 'policy') policy = entry.policy;
          continue;
        }
        if (policy === null) expect(entry[5]).toEqual([]);
        for (const [asset, powerKw] of entry[5]) {
          const rating = ratings.find((one) => one.asset === asset)!;
          const { limit } = policy!.assets.find((one) => one.asset === asset)!;
          if (powerKw === null) continue;
          expect(Number.isFinite(powerKw) && !Object.is(powerKw, -0)).toBe(true);
          expect(powerKw).toBeLessThanOrEqual(Math.min(rating.dischargeMaxKw, limit.maxKw));
          expect(powerKw).toBeGreaterThanOrEqual(Math.max(-rating.chargeMaxKw, limit.minKw));
        }
      }
    }),
    runs,
  );
});

test('with what its stores are asked for, a measured site stays within its limits, or says that it cannot', () => {
  fc.assert(
    fc.property(policies, steps, (first, drawn) => {
      for (const { state, decision, image } of run(first, drawn).decided) {
        const { policy, uncontrolled, assets } = state;
        if (policy === null || uncontrolled?.atMs !== image.sessionMs) continue;
        const stores = ['battery-1', 'battery-2'];
        // What a store gives that goes its own way, nobody decided: the closed loop of site-limits.test.ts has them.
        const obedient = stores.every((asset) => {
          const reading = image.readings[asset];
          const strays = goesOwnWay(assets[asset]!, image.sessionMs);
          return isMeasured(reading) && !reading.local && !strays;
        });
        if (!obedient || decision.conflicts.length > 0) continue;
        const storesKw = stores.reduce((sum, asset) => sum + decision.setpoints[asset]!, 0);
        const steeredKw = storesKw + flexiblePowerKw(state, image.sessionMs);
        const importKw = uncontrolled.importKw - steeredKw;
        expect(importKw).toBeLessThanOrEqual(policy.importMaxKw + 0.01);
        expect(-importKw).toBeLessThanOrEqual(policy.exportMaxKw + 0.01);
      }
    }),
    runs,
  );
});

test('a log of any run decides the same again, with its commands and policies in the middle', () => {
  fc.assert(
    fc.property(policies, steps, (first, drawn) => {
      const { log } = run(first, drawn);
      let state = initialState(ratings, first);
      for (const entry of log) {
        if (isCycle(entry)) {
          const decided = decide(state, imageOf(entry), entry[4]);
          expect(logCycle(imageOf(entry), entry[4], decided.decision)).toEqual(entry);
          state = decided.state;
        } else if (entry.type === 'command') state = acceptCommand(state, entry.command).state;
        else state = { ...state, policy: entry.policy };
      }
    }),
    runs,
  );
});

test('an action ends, or is over in some other way, once its time and its ramp out are past', () => {
  fc.assert(
    fc.property(policies, steps, (first, drawn) => {
      const { states } = run(first, drawn);
      const state = states.at(-1)!;
      const last = state.actions.reduce((sum, one) => Math.max(sum, one.endsMs), 0);
      const quiet = { wallMs: 0, clock: 'untrusted', readings: {} } as const;
      let after: ControlState = { ...state, policy: first };
      // Three steps: all ends; then the slowest ramp is over; then nobody has read back what reverted.
      const longest = last + 2_000_000_000;
      for (const sessionMs of [last, last + 1, longest, longest + 1, longest + 15_001]) {
        after = decide(after, { ...quiet, sessionMs }, null).state;
      }
      expect(after.actions).toEqual([]);
    }),
    runs,
  );
});

function isCycle(entry: Ran['log'][number]): entry is LoggedCycle {
  return Array.isArray(entry);
}
