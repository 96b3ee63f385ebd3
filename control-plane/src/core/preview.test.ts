import { embeddedFeeder, type Feeder } from '@tieline/grid';
import type { Action, SitePolicy } from '@tieline/protocol';
import { expect, test } from 'vitest';
import { policyOf, setpoint } from '../testing/deployment.ts';
import { PLACES } from '../testing/world.ts';
import { LastKnown } from './last-known.ts';
import { type Draft, makePreview } from './preview.ts';

const timing = { startWithinMs: 0, validForMs: 60_000 };

function preview(
  actions: Action[],
  readings: Record<string, number> = {},
  change: Partial<Draft> = {},
  policy = policyOf(1),
) {
  const known = new LastKnown();
  for (const [asset, value] of Object.entries(readings)) {
    known.note('site-1', { asset, quantity: 'active-power-kw', value, wallMs: 7 });
  }
  known.note('site-1', { asset: 'battery-1', quantity: 'state-of-charge', value: 0.5, wallMs: 7 });
  const world = {
    ...{ feeder: embeddedFeeder('baran-wu-33'), places: PLACES },
    ...{ policy, known },
  };
  const targets = [{ site: 'site-1', actions }];
  const made = makePreview({ class: 'routine', targets, reason: 'x', ...change }, world, 99);
  return { ...made, site: made.preview.sites[0]! };
}

const measured = { meter: -80, 'battery-1': 10, 'pv-1': 30 };

test('what a site takes after its actions is its last measurement moved by what they change', () => {
  const limit: Action = {
    type: 'limit',
    point: 'meter',
    importMaxKw: 50,
    exportMaxKw: 0,
    ...timing,
  };
  const pv = (kw: number): Action => ({ ...setpoint(kw), asset: 'pv-1' });
  const after = (...actions: Action[]) => preview(actions, measured).site.after.importKw;
  expect(after(setpoint(60))).toBeCloseTo(30);
  expect(after(pv(20))).toBeCloseTo(90);
  expect(after(pv(120))).toBeCloseTo(80);
  expect(after({ type: 'mode', mode: 'idle', ...timing })).toBeCloseTo(90);
  expect(after(limit)).toBeCloseTo(50);
  const target = { type: 'charge-target', asset: 'battery-1', powerMaxKw: 40, ...timing } as const;
  expect(after({ ...target, stateOfCharge: 0.9 })).toBeCloseTo(130);
  expect(after({ ...target, stateOfCharge: 0.3 })).toBeCloseTo(50);
  expect(after(setpoint(60), setpoint(70))).toBeCloseTo(20);
});

test('a flexible load is only held back: no setpoint makes it draw more, and no order to idle stops it', () => {
  const policy = policyOf(1);
  const [first, ...others] = policy.sites as [SitePolicy, ...SitePolicy[]];
  const ev = { ...first.assets[1]!, asset: 'ev', limit: { minKw: -44, maxKw: 0 } };
  const sites = [{ ...first, assets: [...first.assets, ev] }, ...others];
  const after = (action: Action) =>
    preview([action], { ...measured, ev: -30 }, {}, { ...policy, sites }).site.after.importKw;
  expect(after({ ...setpoint(-10), asset: 'ev' })).toBeCloseTo(60);
  expect(after({ ...setpoint(-40), asset: 'ev' })).toBeCloseTo(80);
  expect(after({ type: 'mode', mode: 'idle', ...timing })).toBeCloseTo(90);
});

test('a store that may not discharge is still a store: its charge says so', () => {
  const policy = policyOf(1);
  const [first, ...others] = policy.sites as [SitePolicy, ...SitePolicy[]];
  const [battery, ...rest] = first.assets;
  const only = { ...battery!, limit: { minKw: -200, maxKw: 0 } };
  const sites = [{ ...first, assets: [only, ...rest] }, ...others];
  const { site } = preview(
    [setpoint(-60)],
    { ...measured, 'battery-1': 0 },
    {},
    { ...policy, sites },
  );
  expect(site.after.importKw).toBeCloseTo(140);
});

test('discharging at the end of the feeder lifts its voltage and spares losses', () => {
  const { site, preview: shown } = preview([setpoint(100)], measured);
  expect(site.before.importKw).toBe(80);
  expect(site.quarterHourImportMaxKw).toBe(policyOf(1).sites[0]?.quarterHourImportMaxKw);
  expect(site.measuredWallMs).toBe(7);
  expect(site.after.voltagePu!).toBeGreaterThan(site.before.voltagePu!);
  expect(shown.minVoltage.after.pu).toBeGreaterThan(shown.minVoltage.before.pu);
  expect(shown.lossKw.after).toBeLessThan(shown.lossKw.before);
});

test('a site that was never measured counts with the feeder’s load, and the preview says so', () => {
  const { site } = preview([setpoint(0)]);
  expect(site).toMatchObject({ measuredWallMs: null, before: { importKw: 90 } });
});

/** A line to one bus, at which both sites hang: measured they import 100 and 250 kW. */
function shared(feeder: Feeder, measuredKw: Record<string, number>) {
  const known = new LastKnown();
  for (const [site, importKw] of Object.entries(measuredKw)) {
    const meter = { asset: 'meter', quantity: 'active-power-kw' as const, wallMs: 7 };
    known.note(site, { ...meter, value: -importKw });
  }
  const places = ['site-1', 'site-2'].map((site) => ({ site, bus: 'b', meter: 'meter' }));
  const targets = [{ site: 'site-1', actions: [] }];
  const world = { feeder, places, policy: policyOf(1), known };
  return makePreview({ class: 'routine', targets, reason: 'x' }, world, 99).preview;
}
const line = (more: Partial<Feeder['buses'][number]> = {}): Feeder => ({
  ...{ name: 'line', baseKv: 10, slack: { bus: 'a', voltagePu: 1 } },
  buses: [{ id: 'a' }, { id: 'b', loadKw: 300, ...more }],
  branches: [{ id: 'a-b', from: 'a', to: 'b', rOhm: 10, xOhm: 0 }],
});

test('the sites of one bus take together, and its load once where none was measured', () => {
  const importKw = (measuredKw: Record<string, number>): number => {
    const { feederImportKw, lossKw } = shared(line(), measuredKw);
    return feederImportKw.before - lossKw.before;
  };
  expect(importKw({ 'site-1': 100, 'site-2': 250 })).toBeCloseTo(350, 3);
  expect(importKw({})).toBeCloseTo(300, 3);
  expect(importKw({ 'site-2': 250 })).toBeCloseTo(400, 3);
});

test('what was measured follows no voltage any more, however the load of the bus does', () => {
  const { feederImportKw, lossKw } = shared(line({ zip: { z: 1, i: 0, p: 0 } }), {
    ...{ 'site-1': 100, 'site-2': 250 },
  });
  expect(feederImportKw.before - lossKw.before).toBeCloseTo(350, 3);
});

test('what is not known of an asset is named, and a charge target without a charge moves nothing', () => {
  const target: Action = {
    ...{ type: 'charge-target', asset: 'pv-1', powerMaxKw: 50, stateOfCharge: 0.2 },
    ...timing,
  };
  const { site } = preview([target], { meter: -90 });
  expect(site.after.importKw).toBe(90);
  expect(site.unmodelled).toEqual(['charge-target of pv-1, its charge not known']);
  expect(preview([setpoint(20), setpoint(30)], { meter: -90 }).site.unmodelled).toEqual([
    'power of battery-1 before, not measured',
  ]);
  expect(preview([setpoint(20)], measured).site.unmodelled).toEqual([]);
});

test('opening a switch shows the dead bus, and what no power flow can show is named', () => {
  const open: Action = { type: 'switch', asset: '17-18', position: 'open', ...timing };
  const critical = preview([open], measured, { class: 'critical' });
  expect(critical.site).toMatchObject({
    after: { voltagePu: null },
    headroom: null,
    violations: [],
  });
  expect(preview([open], measured).site.violations).toMatchObject([
    { code: 'order_class_too_low' },
  ]);
  const unknown: Action[] = [
    { ...open, asset: 'no-such-branch' },
    { type: 'tap', asset: 'tap-1', position: 1, ...timing },
  ];
  expect(preview(unknown, measured, { class: 'critical' }).site.unmodelled).toEqual([
    'tap',
    'switch no-such-branch',
  ]);
});

test('a site brought beyond its own import limit is a violation; one that is beyond already may get better', () => {
  const codes = (kw: number, meter: number) =>
    preview([setpoint(kw)], { ...measured, meter }).site.violations.map(({ code }) => code);
  expect(codes(-100, -350)).toEqual(['beyond_policy_limit']);
  expect(codes(50, -450)).toEqual([]);
  expect(codes(150, 100)).toEqual(['beyond_policy_limit']);
});

test('the same draft on the same state has the same digest, and another has another', () => {
  const { digest } = preview([setpoint(100)], measured);
  expect(preview([setpoint(100)], measured).digest).toBe(digest);
  expect(preview([setpoint(101)], measured).digest).not.toBe(digest);
  expect(preview([setpoint(100)], { ...measured, meter: -81 }).digest).not.toBe(digest);
});
