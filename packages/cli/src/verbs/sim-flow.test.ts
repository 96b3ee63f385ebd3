import { describe, expect, test } from 'vitest';
import { tieline } from '../testing/small-world.ts';

const FEEDER = {
  name: 'three-bus',
  baseKv: 12.66,
  slack: { bus: '1', voltagePu: 1 },
  buses: [
    { id: '1' },
    { id: '2', loadKw: 100, loadKvar: 60 },
    { id: '3', loadKw: 90, loadKvar: 40 },
  ],
  branches: [
    { id: '1-2', from: '1', to: '2', rOhm: 0.0922, xOhm: 0.047 },
    { id: '2-3', from: '2', to: '3', rOhm: 0.493, xOhm: 0.2511, closed: true },
  ],
};

const flow = (feeder: unknown, more: readonly string[] = []) =>
  tieline(['sim', 'flow', './feeder.json', ...more], {
    files: { './feeder.json': typeof feeder === 'string' ? feeder : JSON.stringify(feeder) },
  });

test('a file is solved, and its answer has the agreed names', async () => {
  const { exit, stdout } = await flow(FEEDER, ['--json']);
  expect(exit).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    schema: 'tieline.flow/1',
    converged: true,
    iterations: expect.any(Number),
    lossKw: expect.any(Number),
    minVoltage: { bus: '3' },
    buses: [{ id: '1', voltagePu: 1, angleDeg: 0 }, { id: '2' }, { id: '3' }],
    branches: [{ id: '1-2', currentA: expect.any(Number) }, { id: '2-3' }],
  });
});

describe('a pair of CSV files', () => {
  const buses = 'bus,load_kw,source_pu,base_kv\n1,,1,12.66\n2,100,,\n';
  const branches = 'branch,from,to,r_ohm,x_ohm\n1-2,1,2,0.5,0.3\n';
  const pair = (second: string, ...more: readonly string[]) =>
    tieline(['sim', 'flow', './mine/buses.csv', ...more], {
      files: { './mine/buses.csv': buses, './mine/branches.csv': second },
    });

  test('is solved as a file is', async () => {
    const { exit, stdout } = await pair(branches, '--json');
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ feeder: 'mine', minVoltage: { bus: '2' } });
  });

  test('is refused by file and line', async () => {
    const { exit, stderr } = await pair(branches.replace('0.5', 'half'));
    expect(exit).toBe(2);
    expect(stderr).toContain('./mine/branches.csv is not half of a feeder');
    expect(stderr).toMatch(/line +2/);
    expect(stderr).toContain("r_ohm: 'half' is no number");
  });
});

test('ties are closed by one flag or by several, to the published losses', async () => {
  const argv = ['sim', 'flow', 'baran-wu-33', '--json', '--close', '21-8,9-15'];
  const { stdout } = await tieline([...argv, '--close', '12-22,18-33,25-29']);
  expect(JSON.parse(stdout).lossKw).toBeCloseTo(123.2908, 4);
});

test('the table has the worst bus first, and what is outside the band is marked', async () => {
  const { stdout } = await tieline(['sim', 'flow', 'baran-wu-33']);
  const rows = stdout.split('\n').slice(7);
  expect(rows[0]).toMatch(/^! 18 +0\.913090 +-0\.49\d\d {2}outside 0\.95 to 1\.05$/);
  expect(rows.at(-2)).toMatch(/^ {2}1 +1\.000000 +0\.0000$/);
});

test('a dead bus is a result: marked, without a voltage', async () => {
  const { exit, stdout } = await flow(FEEDER, ['--open', '2-3']);
  expect(exit).toBe(0);
  expect(stdout).toMatch(/✗ 3 +– +– +not energised/);
});

describe('exit 2, with the place and the reason', () => {
  const text = JSON.stringify(FEEDER);
  test.each([
    ['not JSON', '{"name":', /reason/],
    ['an unknown key', { ...FEEDER, kva: 1 }, /kva/],
    ['a negative resistance', text.replace('0.0922', '-1'), /branches\[0\]\.rOhm/],
    ['a doubled bus', text.replace('"id":"2"', '"id":"1"'), /buses\[1\]\.id/],
    ['an unknown bus', text.replace('"to":"3"', '"to":"9"'), /branches\[1\]\.to/],
    [
      'a load that is no number',
      text.replace('"loadKw":90', '"loadKw":"90"'),
      /buses\[2\]\.loadKw/,
    ],
  ])('%s', async (_what, feeder, told) => {
    const { exit, stdout, stderr } = await flow(feeder);
    expect([exit, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(told);
  });

  test.each([
    ['a branch that is none', ['--close', '9-9'], /no branch '9-9'\n {2}known {2}1-2 2-3/],
    ['a branch to close and to open', ['--close', '1-2', '--open', '1-2'], /closed and opened/],
  ])('%s', async (_what, more, told) => {
    const { exit, stderr } = await flow(FEEDER, more);
    expect([exit, stderr]).toEqual([2, expect.stringMatching(told)]);
  });

  test('a feeder that nobody knows by that name', async () => {
    const { exit, stderr } = await tieline(['sim', 'flow', 'ieee-13']);
    expect([exit, stderr]).toEqual([2, expect.stringContaining('baran-wu-33')]);
  });
});

test('loads that no feeder carries: exit 1, with the worst bus', async () => {
  const heavy = JSON.stringify(FEEDER).replace('"loadKw":90', '"loadKw":900000');
  const { exit, stderr } = await flow(heavy);
  expect([exit, stderr]).toEqual([
    1,
    expect.stringMatching(/does not converge\n {2}worst bus {2}[23]\n/),
  ]);
});
