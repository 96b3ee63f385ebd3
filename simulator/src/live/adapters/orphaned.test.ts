import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LoneAgent } from './testing/lone-agent.ts';
import { PlayedLive, untilGone } from './testing/played-live.ts';

const SCENARIO = `scenario: tieline.scenario/1
about: An hour in which nothing happens.
feeder: baran-wu-33
start: 2026-03-03T18:00:00Z
for: 1h
sites:
  harbour:
    bus: "25"
    loadPeakKw: 420
    battery: { powerKw: 160, energyKwh: 320 }
    quarterHourImportMaxKw: 440
timeline: []
expect:
  - { that: harbour.loadKw, min: 1 }
`;

function playing(play: () => PlayedLive): PlayedLive {
  const played = play();
  onTestFinished(() => played.close());
  return played;
}

/** Write-ahead logs that nobody has closed. */
function leftOpen(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  expect(names.filter((name) => name.endsWith('agent.sqlite')).length).toBeGreaterThan(0);
  return names.filter((name) => name.endsWith('-wal'));
}

test.each([
  ['tieline sim run --live', 2, 'tieline.live', () => PlayedLive.scenario(SCENARIO, ['--json'])],
  [
    'npm start',
    4,
    'All agents are linked',
    () => PlayedLive.start('simulator/src/demo/main.ts', (at) => ['--keep', join(at, 'kept')]),
  ],
] as const)(
  'whoever kills %s leaves no process behind, and each has closed what it had open',
  async (_what, count, words, play) => {
    const played = playing(play);
    await played.line(words);
    const children = played.children().map(({ pid }) => pid);
    expect(children).toHaveLength(count);
    played.process.kill('SIGKILL');
    await untilGone(children);
    expect(leftOpen(played.folder)).toEqual([]);
  },
  120_000,
);

test('whoever kills npm itself leaves no process behind, either', async () => {
  const played = playing(() =>
    PlayedLive.npm((at) => ['start', '--silent', '--', '--keep', join(at, 'kept')]),
  );
  await played.line('All agents are linked');
  const all = played.all();
  // npm, what it runs, a control plane and three agents.
  expect(all).toHaveLength(6);
  played.process.kill('SIGKILL');
  await untilGone(all);
  expect(leftOpen(played.folder)).toEqual([]);
}, 120_000);

test('a process whose starter is gone before it runs ends, too', async () => {
  const played = playing(() => PlayedLive.scenario(SCENARIO, ['--json']));
  let children: readonly number[] = [];
  while (children.length === 0) children = played.children().map(({ pid }) => pid);
  played.process.kill('SIGKILL');
  await untilGone(children);
}, 120_000);

test('an agent of a gateway runs on when whoever started it lets go of it', async () => {
  const agent = new LoneAgent(null);
  onTestFinished(() => agent.close());
  await agent.missesBroker();
  agent.process.disconnect();
  for (let k = 0; k < 5; k += 1) await agent.missesBroker();
  agent.process.kill('SIGTERM');
  expect(await agent.ended).toEqual([0, null]);
}, 60_000);
