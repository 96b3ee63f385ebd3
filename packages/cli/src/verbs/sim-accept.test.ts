import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tieline } from '../testing/small-world.ts';

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tieline-baseline-'));
  folder = join(root, 'scenarios');
  mkdirSync(folder);
});
afterEach(() => rmSync(root, { recursive: true }));

interface Given {
  readonly loadPeakKw?: number;
  readonly expect?: string;
}

function write(name: string, given: Given = {}): string {
  const path = join(folder, `${name}.yaml`);
  writeFileSync(
    path,
    `scenario: tieline.scenario/1
about: A test of twenty seconds.
feeder: baran-wu-33
start: 2026-03-03T18:00:00Z
for: 20s
sites:
  harbour:
    bus: "25"
    loadPeakKw: ${given.loadPeakKw ?? 420}
    battery: { powerKw: 160, energyKwh: 320 }
    quarterHourImportMaxKw: 440
expect:
  - ${given.expect ?? '{ that: harbour.loadKw, min: 300 }'}
`,
  );
  return path;
}
const baseline = () => readFileSync(join(folder, 'accepted.json'), 'utf8');
const accept = (...more: string[]) => tieline(['sim', 'accept', folder, ...more]);
const compare = (...more: string[]) => tieline(['sim', 'compare', folder, ...more]);

test('what was accepted is what is seen again: the same text, and a comparison that ends with 0', async () => {
  write('calm');
  const { exit, stdout } = await accept('--seed', '7');
  expect(exit).toBe(0);
  expect(stdout).toContain('≠ calm: new');
  expect(JSON.parse(baseline())).toEqual({
    schema: 'tieline.accepted/1',
    scenarios: {
      calm: {
        ...{ seed: 7, peakImportKw: null, lowestVoltagePu: expect.closeTo(0.92, 1) },
        expectations: { 'harbour.loadKw at least 300': expect.any(Number) },
        ...{
          platform: `${process.platform}-${process.arch}`,
          trace: expect.stringMatching(/^sha/),
        },
      },
    },
  });
  const first = baseline();
  await accept('--seed', '7');
  expect(baseline()).toBe(first);
  const again = await compare();
  expect([again.exit, again.stdout]).toEqual([
    0,
    `= calm\n✓ 1 scenario is as accepted in ${join(folder, 'accepted.json')}\n`,
  ]);
}, 60_000);

test('a figure that moved is named, old and new, and ends with 9', async () => {
  write('calm');
  await accept();
  write('calm', { loadPeakKw: 430 });
  const { exit, stdout } = await compare();
  expect(exit).toBe(9);
  expect(stdout).toMatch(
    /≠ calm\n {4}harbour\.loadKw at least 300 {2}[\d.]+ → [\d.]+ \(headroom\)\n/,
  );
  expect(stdout).toContain('    trace  differs\n');
  expect(stdout).toContain(`next  tieline sim accept ${folder}`);
  const told = JSON.parse((await compare('--json')).stdout);
  expect(told).toMatchObject({
    ...{ schema: 'tieline.compare/1', failed: [] },
    scenarios: [{ scenario: 'calm', state: 'differs', trace: 'differs' }],
  });
}, 60_000);

test('a scenario that is new, and one that vanished, differ; one file is compared alone', async () => {
  write('calm');
  const gone = write('gone');
  await accept();
  rmSync(gone);
  write('fresh');
  const { exit, stdout } = await compare();
  expect(exit).toBe(9);
  expect(stdout).toContain('≠ fresh: new');
  expect(stdout).toContain('≠ gone: vanished');
  const alone = await tieline(['sim', 'compare', join(folder, 'calm.yaml')]);
  expect([alone.exit, alone.stdout]).toEqual([0, expect.stringContaining('✓ 1 scenario is')]);
  // A file takes its own part of the baseline, a folder all of it.
  await tieline(['sim', 'accept', join(folder, 'fresh.yaml')]);
  expect(Object.keys(JSON.parse(baseline()).scenarios)).toEqual(['calm', 'fresh', 'gone']);
  expect((await accept()).stdout).toContain('≠ gone: vanished');
  expect(Object.keys(JSON.parse(baseline()).scenarios)).toEqual(['calm', 'fresh']);
}, 60_000);

test('a broken expectation is 8, whatever differs, and nothing broken is accepted', async () => {
  write('calm');
  await accept();
  const before = baseline();
  write('calm', { expect: '{ that: harbour.loadKw, min: 9000 }' });
  const { exit, stdout } = await compare();
  expect(exit).toBe(8);
  expect(stdout).toContain('✗ 1 fail: calm');
  const refused = await accept();
  expect([refused.exit, refused.stdout, baseline()]).toEqual([8, '', before]);
  expect(refused.stderr).toContain('fails  calm');
}, 60_000);

test('a trace of another platform is not compared, its figures are', async () => {
  write('calm');
  await accept();
  const elsewhere = baseline()
    .replace(/"platform": "[^"]+"/, '"platform": "plan9-mips"')
    .replace(/sha256:[0-9a-f]+/, `sha256:${'0'.repeat(64)}`);
  writeFileSync(join(folder, 'accepted.json'), elsewhere);
  const { exit, stdout } = await compare();
  expect([exit, stdout]).toEqual([0, expect.stringContaining('not compared')]);
  writeFileSync(join(folder, 'accepted.json'), elsewhere.replace(/"seed": 1/, '"seed": 2'));
  expect((await compare()).exit).toBe(9);
}, 60_000);

test('no baseline, one that is none, and a scenario that ships end with 2 before anything runs', async () => {
  write('calm');
  const none = await compare();
  expect([none.exit, none.stdout]).toEqual([2, '']);
  expect(none.stderr).toContain(`next    tieline sim accept ${folder}`);
  writeFileSync(
    join(folder, 'accepted.json'),
    '{ "schema": "tieline.accepted/1", "scenarios": 3 }',
  );
  for (const verb of ['compare', 'accept']) {
    const wrong = await tieline(['sim', verb, folder]);
    expect([wrong.exit, wrong.stdout]).toEqual([2, '']);
    expect(wrong.stderr).toMatch(/accepted\.json cannot be read\n.*scenarios: .*record/);
  }
  expect((await tieline(['sim', 'compare', 'evening-peak'])).exit).toBe(2);
}, 60_000);

test('an interrupt ends with 130, and what was accepted stays', async () => {
  write('calm');
  await accept();
  const before = baseline();
  const interrupted = AbortSignal.abort();
  const ended = await tieline(['sim', 'accept', folder, '--seed', '9'], { interrupted });
  expect([ended.exit, baseline()]).toEqual([130, before]);
  expect((await tieline(['sim', 'compare', folder], { interrupted })).exit).toBe(130);
}, 60_000);
