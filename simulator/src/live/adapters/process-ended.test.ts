import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { RunReport } from '../../scenario/run-report.ts';
import { PlayedLive, untilGone } from './testing/played-live.ts';

function scenario(name: string, timeline: readonly string[] = []): string {
  return `scenario: tieline.scenario/1
about: ${name}.
feeder: baran-wu-33
start: 2026-03-03T18:00:00Z
for: 1h
sites:
  harbour:
    bus: "25"
    loadPeakKw: 420
    battery: { powerKw: 160, energyKwh: 320 }
    quarterHourImportMaxKw: 440
timeline:
${timeline.map((event) => `  - ${event}`).join('\n') || '  []'}
expect:
  - { that: harbour.loadKw, min: 1 }
`;
}

function playing(yaml: string, flags: readonly string[] = [], name?: string): PlayedLive {
  const played = PlayedLive.scenario(yaml, flags, name);
  onTestFinished(() => played.close());
  return played;
}

/** The process of a run whose command line holds these words. */
function processOf(played: PlayedLive, words: string): number {
  const found = played.children().find(({ args }) => args.includes(words));
  expect(found, words).toBeDefined();
  return found!.pid;
}

/** Where the run has come to its end: its report, and every process is gone. */
async function reported(played: PlayedLive, name = 'played') {
  const children = played.children().map(({ pid }) => pid);
  const exit = await played.ended();
  await untilGone(children);
  const read = (file: string): string => readFileSync(join(played.folder, 'out', file), 'utf8');
  const report = JSON.parse(read(`${name}/run.json`)) as RunReport;
  const broken = report.expectations.filter(({ kept }) => !kept);
  return { exit, report, read, broken };
}

const SURVIVES = 'no process ends by a fault of its own';

test.each([
  ['agent harbour', 'edge-agent/src/main.ts'],
  ['control plane', 'control-plane/src/main.ts'],
])(
  'a run whose %s is killed has failed: its report names the process and the signal',
  async (name, main) => {
    const played = playing(scenario(`The ${name} ends`), ['--json']);
    const { context } = JSON.parse(await played.line('tieline.live'));
    const { clock } = JSON.parse(readFileSync(context, 'utf8'));
    // A second of its own, which is ten of the scenario's.
    await delay(clock.realOriginMs + 1_000 - Date.now());
    process.kill(processOf(played, main), 'SIGKILL');
    const { exit, report, read, broken } = await reported(played);
    expect(exit).toBe(8);
    expect(report.passed).toBe(false);
    expect(report.live?.ended).toMatchObject({
      ...{ process: name, exitCode: null, signal: 'SIGKILL', asked: false },
    });
    const atMs = report.live!.ended!.atMs;
    expect(atMs).toBeGreaterThan(8_000);
    expect(atMs).toBeLessThan(600_000);
    expect(broken).toMatchObject([{ expected: SURVIVES, atMs }]);
    expect(broken[0]?.seen).toContain(`${name} ended by itself with SIGKILL at `);
    for (const file of ['junit.xml', 'summary.md', 'played/report.html']) {
      expect(read(file)).toContain(`${name} ended by itself with SIGKILL`);
    }
    expect(existsSync(join(played.folder, 'out', 'played', 'trace.ndjson'))).toBe(true);
  },
  120_000,
);

test('a process that cannot start tells why, in every report and on the terminal', async () => {
  const again = ['{ at: 5s, kill: harbour }', '{ at: 6s, start: harbour }'];
  const played = playing(scenario('An agent does not come back', again));
  // It has read its key by then; nobody else may read it when it starts again.
  const own = join(played.folder, 'kept', 'played');
  while (!existsSync(join(own, 'harbour', 'agent.sqlite'))) await delay(20);
  chmodSync(join(own, 'harbour.key.json'), 0o644);
  const why = 'keyFile: mode 644, must be 600';
  await played.line('agent harbour ended by itself with exit code 2');
  expect(await played.line(why)).toContain('it said');
  const { exit, report, read } = await reported(played);
  expect([exit, report.live?.ended?.exitCode, report.live?.ended?.signal]).toEqual([8, 2, null]);
  expect(report.live?.ended?.log.join()).toContain(why);
  for (const file of ['junit.xml', 'summary.md', 'played/report.html']) {
    expect(read(file)).toContain(why);
  }
}, 120_000);

test('a run has failed, too, where a process ends before it begins, and where it must fail', async () => {
  const played = playing(scenario('It must fail'), ['--json'], 'played.must-fail');
  let children = played.children();
  while (children.length === 0) children = played.children();
  process.kill(children[0]!.pid, 'SIGKILL');
  const { exit, report, read } = await reported(played);
  expect([exit, report.passed]).toEqual([8, false]);
  expect(report.live?.ended).toMatchObject({ process: 'control plane', atMs: 0 });
  expect(Number.isFinite(report.minVoltagePu)).toBe(true);
  expect(read('played/report.html')).toContain('It must fail by what is expected of it');
  expect(read('junit.xml')).toContain('control plane ended by itself');
}, 120_000);
