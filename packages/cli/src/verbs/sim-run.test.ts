import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tieline } from '../testing/small-world.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tieline-sim-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function scenario(name: string, expectation: string): string {
  const path = join(folder, 'scenarios', name);
  mkdirSync(join(folder, 'scenarios'), { recursive: true });
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
    loadPeakKw: 420
    battery: { powerKw: 160, energyKwh: 320 }
    quarterHourImportMaxKw: 332
expect:
  - ${expectation}
`,
  );
  return path;
}
const KEPT = '{ that: harbour.loadKw, min: 1 }';
const BROKEN = '{ that: harbour.loadKw, max: 1 }';

test('a file where the folder of a scenario has to be ends the suite, and is named', async () => {
  const path = scenario('calm.yaml', KEPT);
  const out = join(folder, 'out');
  mkdirSync(out);
  writeFileSync(join(out, 'calm'), '');
  const { exit, stderr } = await tieline(['sim', 'run', path, '--out', out]);
  expect(exit).toBe(1);
  expect(stderr).toContain(`✗ report_unwritable: folder ${join(out, 'calm')}, EEXIST`);
});

test('the same seed gives the same report to the byte, another seed another one', async () => {
  const path = scenario('calm.yaml', KEPT);
  const ofSeed = async (seed: string) => {
    const { exit, stdout, stderr } = await tieline(['sim', 'run', path, '--json', '--seed', seed]);
    expect([exit, stderr]).toEqual([0, '']);
    return stdout;
  };
  const first = await ofSeed('7');
  expect(JSON.parse(first)).toMatchObject({
    schema: 'tieline.run/2',
    scenario: 'calm',
    seed: 7,
    durationMs: 20_000,
    passed: true,
    trace: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    peakImportKw: { withControl: null, withoutControl: null },
  });
  expect(await ofSeed('7')).toBe(first);
  expect(JSON.parse(await ofSeed('8')).trace).not.toBe(JSON.parse(first).trace);
});

test('a broken expectation ends with 8, and the line that shows it again', async () => {
  const path = scenario('storm.yaml', BROKEN);
  const { exit, stdout } = await tieline(['sim', 'run', path]);
  expect(exit).toBe(8);
  const [verdict, , , , worst] = stdout.split('\n');
  expect(verdict).toBe('✗ storm');
  expect(worst).toMatch(/^✗ harbour\.loadKw at most 1 /);
  expect(stdout).toContain(`tieline sim run ${path} --seed 1`);
});

test('on GitHub a broken expectation is an error at its file, and JSON stays JSON', async () => {
  const path = scenario('storm.yaml', BROKEN);
  const env = { GITHUB_ACTIONS: 'true' };
  expect((await tieline(['sim', 'run', path], { env })).stdout).toMatch(
    /^::error file=.*storm\.yaml,title=storm::expected harbour\.loadKw at most 1; seen: /m,
  );
  expect((await tieline(['sim', 'run', path, '--json'], { env })).stdout).not.toContain('::error');
});

test('reports that cannot be written are refused before anything runs', async () => {
  const path = scenario('calm.yaml', KEPT);
  const scene = { files: { taken: 'a file' } };
  const { exit, stdout, stderr } = await tieline(['sim', 'run', path, '--out', 'taken'], scene);
  expect([exit, stdout]).toEqual([2, '']);
  expect(stderr).toContain('taken cannot be written into');
});

test('a folder is a suite: every scenario, one verdict, and the reports of all', async () => {
  scenario('calm.yaml', KEPT);
  scenario('canary.must-fail.yaml', BROKEN);
  const out = join(folder, 'out');
  const { exit, stdout } = await tieline(['sim', 'run', join(folder, 'scenarios'), '--out', out]);
  expect(exit).toBe(0);
  expect(stdout).toContain('✓ 2 scenarios keep their promises');
  expect(readFileSync(join(out, 'junit.xml'), 'utf8')).toContain('failures="0"');
  expect(readFileSync(join(out, 'summary.md'), 'utf8')).toContain('canary (must fail)');
  expect(JSON.parse(readFileSync(join(out, 'canary/run.json'), 'utf8')).passed).toBe(true);
  expect(readFileSync(join(out, 'canary/report.html'), 'utf8')).toContain(
    '<h1 class="kept">✓ canary',
  );
});

test('several seeds: every scenario with each, one verdict, and each report as that seed alone leaves it', async () => {
  scenario('calm.yaml', KEPT);
  scenario('storm.yaml', BROKEN);
  const [suite, out, alone] = ['scenarios', 'out', 'alone'].map((name) => join(folder, name));
  const args = ['sim', 'run', suite ?? '', '--out'];
  const { exit, stdout } = await tieline([...args, out ?? '', '--seed', '2-3,7']);
  expect(exit).toBe(8);
  expect(stdout.match(/^[✓✗] (calm|storm)$/gm)).toHaveLength(6);
  expect(stdout).toContain(
    '✗ 3 of 6 runs of 2 scenarios fail: storm/seed-2, storm/seed-3, storm/seed-7\n',
  );
  await tieline([...args, alone ?? '', '--seed', '7']);
  for (const name of ['calm', 'storm']) {
    for (const file of ['run.json', 'trace.ndjson']) {
      expect(readFileSync(join(out ?? '', name, 'seed-7', file), 'utf8')).toBe(
        readFileSync(join(alone ?? '', name, file), 'utf8'),
      );
    }
  }
});

test('two scenarios of one name would share a report, and are refused before anything runs', async () => {
  scenario('calm.yaml', KEPT);
  scenario('calm.must-fail.yaml', BROKEN);
  const { exit, stdout, stderr } = await tieline(['sim', 'run', join(folder, 'scenarios')]);
  expect([exit, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/calm\.yaml: has the name of .*calm\.must-fail\.yaml/);
});

test('an interrupt ends with 130, and no report takes what there is for all', async () => {
  const path = scenario('calm.yaml', KEPT);
  const out = join(folder, 'out');
  const interrupted = AbortSignal.abort();
  expect((await tieline(['sim', 'run', path, '--out', out], { interrupted })).exit).toBe(130);
  expect(readFileSync(join(out, 'summary.md'), 'utf8')).toContain('1 of 1 runs have no verdict');
  expect(readFileSync(join(out, 'junit.xml'), 'utf8')).toContain('failures="1"');
});

test('a canary that sings no more fails the suite', async () => {
  scenario('canary.must-fail.yaml', KEPT);
  const { exit, stdout } = await tieline(['sim', 'run', join(folder, 'scenarios')]);
  expect(exit).toBe(8);
  expect(stdout).toContain('✗ canary (must fail)');
});

test('a name that nothing has is told with the nearest that ships, and where to look', async () => {
  const { exit, stderr } = await tieline(['sim', 'lint', 'evning-peak']);
  expect(exit).toBe(2);
  expect(stderr).toContain("did you mean 'evening-peak'?");
  expect(stderr).toContain('tieline sim list');
});

test('a file with mistakes is refused before anything runs, each by its line', async () => {
  const path = scenario('wrong.yaml', '{ that: harbour.laodKw, mx: 1 }');
  for (const verb of ['run', 'lint']) {
    const { exit, stdout, stderr } = await tieline(['sim', verb, path]);
    expect([exit, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`${path}:13:29: expect.0: unknown key 'mx'; did you mean 'max'?`);
    expect(stderr).not.toContain('sim list');
  }
});

test('of a folder the mistakes of every file are told at once', async () => {
  const first = scenario('first.yaml', '{ that: harbour.laodKw, max: 1 }');
  scenario('sound.yaml', KEPT);
  const second = scenario('second.yaml', '{ that: harbor.loadKw, max: 1 }');
  const { exit, stderr } = await tieline(['sim', 'lint', join(folder, 'scenarios')]);
  expect(exit).toBe(2);
  expect(stderr).toMatch(/scenarios cannot be run/);
  expect(stderr.indexOf(`${first}:13:`)).toBeGreaterThan(0);
  expect(stderr.indexOf(`${second}:13:`)).toBeGreaterThan(stderr.indexOf(`${first}:13:`));
});

test.each([
  ['a file that is not there', ['sim', 'run', 'nowhere.yaml']],
  ['an empty folder', ['sim', 'run', '.']],
])('%s ends with 2', async (_what, args) => {
  expect((await tieline(args.map((one) => (one === '.' ? folder : one)))).exit).toBe(2);
});

test.each([
  ['x', "--seed 'x' is not a whole number from 0 to 2147483647"],
  ['', "--seed '' is not a whole number"],
  ['1,,2', "--seed '' is not a whole number"],
  ['1-', "--seed '1-' is not a whole number"],
  ['1.5', "--seed '1.5' is not a whole number"],
  ['0-2147483648', "--seed '2147483648' is not a whole number from 0 to 2147483647"],
  ['10-1', "--seed '10-1' runs backwards"],
  ['1-3,2', "--seed '1-3,2' names 2 twice"],
  ['0-2147483647', '--seed names more than 1000 seeds'],
  ['1-600,1001-1600', '--seed names more than 1000 seeds'],
])("seeds '%s' end with 2, and the reason", async (seeds, reason) => {
  const { exit, stdout, stderr } = await tieline(['sim', 'run', `--seed=${seeds}`]);
  expect([exit, stdout]).toEqual([2, '']);
  expect(stderr).toContain(reason);
});

test('live, seeds are played one at a time', async () => {
  const { exit, stderr } = await tieline(['sim', 'run', '--live', '--seed', '1,2']);
  expect(exit).toBe(2);
  expect(stderr).toContain('--seed: with --live one at a time');
});

test('what ships is listed, and each of it is sound', async () => {
  const listed = await tieline(['sim', 'list', '--json']);
  const { scenarios } = JSON.parse(listed.stdout);
  expect(scenarios.length).toBeGreaterThanOrEqual(5);
  for (const { name } of scenarios) {
    expect((await tieline(['sim', 'lint', name])).exit).toBe(0);
  }
});
