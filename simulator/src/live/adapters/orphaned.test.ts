import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { seededRng } from '@tieline/kernel';
import { expect, onTestFinished, test } from 'vitest';
import { eveningPeak } from '../../deployment/evening-peak.ts';
import { writeAgentConfiguration, writeDeployment } from './deployment-files.ts';
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

test('a process whose starter is gone before it runs ends, too', async () => {
  const played = playing(() => PlayedLive.scenario(SCENARIO, ['--json']));
  let children: readonly number[] = [];
  while (children.length === 0) children = played.children().map(({ pid }) => pid);
  played.process.kill('SIGKILL');
  await untilGone(children);
}, 120_000);

test('an agent of a gateway runs on when whoever started it lets go of it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tieline-gateway-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const simulated = eveningPeak();
  const [site] = simulated.sites;
  const issuedAt = Math.floor(Date.now() / 1_000) - 60;
  const files = writeDeployment(folder, simulated, seededRng(1), issuedAt);
  const clock = { rate: 1, realOriginMs: 1, simulatedOriginMs: 1 };
  const path = writeAgentConfiguration(files, simulated, site!, {
    ...{ clock, brokerUrl: 'mqtt://127.0.0.1:1' },
    devices: site!.ratings.map(({ asset, kind }) => ({
      ...{ site: site!.plant.site, asset, kind, host: '127.0.0.1', port: 1, unit: 1 },
    })),
  });
  const { clock: _, ...real } = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify(real));
  const main = fileURLToPath(new URL('../../../../edge-agent/src/main.ts', import.meta.url));
  const agent = spawn(process.execPath, [main, '--config', path], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const ended = once(agent, 'exit');
  onTestFinished(() => void agent.kill('SIGKILL'));
  const said = createInterface({ input: agent.stderr! })[Symbol.asyncIterator]();
  await said.next();
  agent.disconnect();
  // No broker is there: it says so again and again, for as long as it runs.
  for (let tries = 0; tries < 5; ) {
    const { value, done } = await said.next();
    expect(done).not.toBe(true);
    if (value?.includes('bus_disconnected')) tries += 1;
  }
  agent.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
}, 60_000);
