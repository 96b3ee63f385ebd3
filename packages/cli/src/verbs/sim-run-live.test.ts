import { type ChildProcess, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tieline, tielineProcess } from '../testing/small-world.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tieline-live-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function scenario(lasts: string, timeline: string, expected: string): string {
  const path = join(folder, 'short.yaml');
  writeFileSync(
    path,
    `scenario: tieline.scenario/1
about: A test with real processes.
feeder: baran-wu-33
start: 2026-03-03T18:00:00Z
for: ${lasts}
sites:
  harbour:
    bus: "25"
    loadPeakKw: 420
    battery: { powerKw: 160, energyKwh: 320 }
    quarterHourImportMaxKw: 440
timeline:
${timeline}
expect:
${expected}
`,
  );
  return path;
}

/** A scenario that goes on until somebody does something, once it has begun. */
async function disturbed(act: (child: ChildProcess) => void) {
  const path = scenario('1h', '  []', '  - { that: harbour.loadKw, min: 1 }');
  const temporary = mkdtempSync(join(folder, 'tmp-'));
  let during: readonly string[] = [];
  const { exit, stderr } = await tielineProcess(['sim', 'run', path, '--live', '--json'], {
    env: { TMPDIR: temporary },
    started: (child) =>
      child.stdout?.once('data', () => {
        during = processesOfTest();
        act(child);
      }),
  });
  // Of the command line itself, of the control plane and of the agent.
  expect(during).toHaveLength(3);
  expect(processesOfTest()).toEqual([]);
  expect(readdirSync(temporary).filter((name) => name.startsWith('tieline'))).toEqual([]);
  return { exit, problem: JSON.parse(stderr) };
}

/** Every process that has the test's own folder in its command line. */
function processesOfTest(): readonly string[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,args='], { encoding: 'utf8' });
  return stdout.split('\n').filter((args) => args.includes(folder));
}

test('what only virtual time can do is refused before anything starts, by its line', async () => {
  const timeline = [
    '  - { at: 5s, powerCut: { site: harbour, atWrite: 1, kept: true } }',
    '  - { at: 6s, link: { site: harbour, delayMs: 100 } }',
    '  - { at: 7s, link: { site: harbour, lossRate: 0.1 } }',
    '  - { at: 8s, broker: restart }',
  ].join('\n');
  const path = scenario('20s', timeline, '  - { that: harbour.loadKw, min: 1 }');
  const { exit, stdout, stderr } = await tieline(['sim', 'run', path, '--live']);
  expect([exit, stdout]).toEqual([2, '']);
  const said = stderr.split('\n').filter((line) => line.includes('cannot be played live'));
  expect(said.map((line) => /yaml:(\d+):/.exec(line)?.[1])).toEqual(['13', '15', '16']);
  expect(said[2]).toContain('a live broker is part of the control plane');
});

test.each([
  ['a rate without --live', ['--rate', '10']],
  ['a rate that no process keeps up with', ['--live', '--rate', '1000']],
  ['threads for real processes', ['--live', '--workers', '2']],
  ['a folder of another deployment', ['--live', '--keep', tmpdir()]],
])('%s ends with 2', async (_what, flags) => {
  const files = { [tmpdir()]: '' };
  const { exit, stdout } = await tieline(['sim', 'run', 'agent-dies', ...flags], { files });
  expect([exit, stdout]).toEqual([2, '']);
});

test('orders, a cut link, a device that lies, an agent that dies, a command kept back and a model, with real processes', async () => {
  const timeline = [
    '  - { at: 5s, order: { name: relief, site: harbour, kw: 80, for: 35s } }',
    '  - { at: 15s, cut: harbour }',
    '  - { at: 30s, restore: harbour }',
    '  - { at: 45s, device: { site: harbour, asset: battery, fault: other-setpoint } }',
    '  - { at: 50s, order: { name: halved, site: harbour, kw: 80, for: 30s } }',
    '  - { at: 85s, kill: harbour }',
    '  - { at: 87s, start: harbour }',
    '  - { at: 110s, device: { site: harbour, asset: battery, fault: none } }',
    '  - { at: 120s, withhold: harbour }',
    '  - { at: 125s, order: { name: late, site: harbour, kw: 60, for: 20s } }',
    '  - { at: 140s, model: { site: harbour, times: 1 } }',
    '  - { at: 165s, deliver: harbour }',
  ].join('\n');
  const expected = [
    '  - { order: relief, reaches: confirmed by measurement, within: 60s }',
    '  - { order: relief, reaches: reverted, within: 90s }',
    '  - { that: harbour.batteryKw, min: 75, max: 85, from: 20s, to: 30s }',
    '  - { that: harbour.batteryKw, min: -1, max: 45, from: 50s, to: 160s }',
    '  - { order: halved, reaches: failed, within: 90s }',
    '  - { that: harbour.linked, min: 1, from: 150s }',
    '  - { recorded: command_accepted, site: harbour, min: 2, max: 2, to: 160s }',
    '  - { order: late, reaches: confirmed by measurement, within: 70s }',
    '  - { recorded: model_activated, site: harbour, from: 140s }',
  ].join('\n');
  const path = scenario('200s', timeline, expected);
  const [keep, out] = [join(folder, 'kept'), join(folder, 'out')];
  const { exit, stdout } = await tielineProcess(
    ['sim', 'run', path, '--live', '--rate', '10', '--json', '--keep', keep, '--out', out],
    { env: { TMPDIR: folder } },
  );
  const [places, report] = stdout.split('\n').map((line) => line && JSON.parse(line));
  expect(places).toMatchObject({
    ...{ schema: 'tieline.live/2', scenario: 'short', rate: 10 },
    context: join(keep, 'short', 'context.json'),
    devicesFile: join(keep, 'short', 'devices.json'),
  });
  const broken = report.expectations.filter((one: { kept: boolean }) => !one.kept);
  expect([exit, broken]).toEqual([0, []]);
  expect(report).toMatchObject({ passed: true, live: { rate: 10 } });
  expect(report.audit.records).toBeGreaterThan(5);
  expect(JSON.parse(readFileSync(join(out, 'short', 'run.json'), 'utf8'))).toEqual(report);
  expect(existsSync(join(keep, 'short', 'harbour', 'agent.sqlite'))).toBe(true);
  expect(processesOfTest()).toEqual([]);
}, 120_000);

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends every process, and leaves no folder',
  async (signal) => {
    const { exit, problem } = await disturbed((child) => child.kill(signal));
    expect([exit, problem.code]).toEqual([130, 'interrupted']);
  },
  120_000,
);
