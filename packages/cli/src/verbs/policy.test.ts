import { describe, expect, test } from 'vitest';
import { samplePolicy } from '../testing/policy.ts';
import { tieline } from '../testing/small-world.ts';

const check = (policy: unknown, more: readonly string[] = []) =>
  tieline(['policy', 'check', 'policy.json', ...more], {
    files: { 'policy.json': typeof policy === 'string' ? policy : JSON.stringify(policy) },
  });

test('a sound policy is shown with limits and margins side by side', async () => {
  const { exit, stdout } = await check(samplePolicy());
  expect(exit).toBe(0);
  expect(stdout).toContain('version 7 of demo');
  expect(stdout).toMatch(/site-1 +battery-1 +-200\.0 to 200\.0 +-120\.0 to 120\.0 +20 /);
  const { stdout: json } = await check(samplePolicy(), ['--json']);
  expect(JSON.parse(json)).toEqual({ schema: 'tieline.policy/1', policy: samplePolicy() });
});

describe('refused with exit 2, place and reason', () => {
  const changed = (change: (policy: ReturnType<typeof samplePolicy>) => void) => {
    const policy = samplePolicy();
    change(policy);
    return policy;
  };
  const battery = (policy: ReturnType<typeof samplePolicy>) => policy.sites[0]?.assets[0];

  test.each([
    [
      'a margin beyond its limit',
      changed((p) => {
        battery(p)!.margin.maxKw = 250;
      }),
      'sites[0].assets[0].margin.maxKw',
      'the limit is -200 to 200 kW',
    ],
    [
      'a safe power beyond the limit',
      changed((p) => {
        battery(p)!.safePowerKw = -300;
      }),
      'sites[0].assets[0].safePowerKw',
      'the limit is',
    ],
    [
      'a quarter hour above the instant',
      changed((p) => {
        p.sites[0]!.quarterHourImportMaxKw = 900;
      }),
      'sites[0].quarterHourImportMaxKw',
      'above importMaxKw',
    ],
    [
      'a site that stands twice',
      changed((p) => {
        p.sites.push(p.sites[0]!);
      }),
      'sites[1].site',
      "doubled site 'site-1'",
    ],
    [
      'an asset that stands twice',
      changed((p) => {
        p.sites[0]!.assets.push(battery(p)!);
      }),
      'sites[0].assets[1].asset',
      "doubled asset 'battery-1'",
    ],
    [
      'fewer people for what is critical',
      changed((p) => {
        p.approvals.routine = 2;
      }),
      'approvals.critical',
      'fewer people',
    ],
    [
      'a unit that is wrong',
      changed((p) => {
        battery(p)!.reserveStateOfCharge = 20;
      }),
      'sites[0].assets[0].reserveStateOfCharge',
      '<=1',
    ],
    [
      'a limit turned round',
      changed((p) => {
        battery(p)!.limit = { minKw: 1, maxKw: 0 };
      }),
      'sites[0].assets[0].limit',
      'minKw is above maxKw',
    ],
    ['an unknown key', { ...samplePolicy(), note: 'x' }, 'note', 'Unrecognized key'],
    ['what is cut short', JSON.stringify(samplePolicy()).slice(0, -9), 'is not JSON', 'JSON'],
  ])('%s', async (_what, policy, place, reason) => {
    const { exit, stderr, stdout } = await check(policy);
    expect([exit, stdout]).toEqual([2, '']);
    expect(stderr).toContain(place);
    expect(stderr).toContain(reason);
  });
});
