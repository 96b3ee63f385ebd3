import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lockDirectory } from '@tieline/audit';
import { seededRng } from '@tieline/kernel';
import { serviceKeyFile } from '@tieline/protocol';
import { eveningPeak, provision } from '@tieline/simulator';
import { expect, onTestFinished, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../../edge-agent/src/main.ts', import.meta.url));
const TIELINE = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
const SITE = 'harbour';

/** A provisioned agent's folder. Nothing listens where its broker and its devices would be. */
function provisioned(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tieline-agent-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const simulated = eveningPeak();
  const { trustBytes, agents } = provision(
    simulated,
    seededRng(5).stream('provision'),
    1_772_000_000,
  );
  const key = agents.get(SITE)!;
  const write = (name: string, content: string | Uint8Array): void =>
    writeFileSync(join(folder, name), content, { mode: 0o600 });
  write('trust.cose', trustBytes);
  write('agent.key', serviceKeyFile(key.principal, key.seed));
  const site = simulated.sites.find(({ plant }) => plant.site === SITE)!;
  const devices = site.ratings.map((rating) => ({
    ...rating,
    host: '127.0.0.1',
    port: 1,
  }));
  const configuration = {
    ...{ deployment: simulated.deployment, site: SITE, ratedImportKw: site.ratedImportKw },
    ...{ trustFile: 'trust.cose', keyFile: 'agent.key', dataDir: 'data', devices },
    broker: { url: 'mqtt://127.0.0.1:1' },
  };
  write('agent.json', JSON.stringify(configuration));
  mkdirSync(join(folder, 'data'));
  return folder;
}

function start(
  folder: string,
  program: readonly string[] = [MAIN],
): {
  readonly said: () => string;
  readonly agent: ReturnType<typeof spawn>;
} {
  const args = ['--no-warnings', ...program, '--config', join(folder, 'agent.json')];
  const agent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void agent.kill('SIGKILL'));
  let said = '';
  for (const stream of [agent.stdout, agent.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  return { said: () => said, agent };
}

test('a second agent on the same data directory is refused, and changes nothing in it', async () => {
  const folder = provisioned();
  const lock = lockDirectory(join(folder, 'data'));
  onTestFinished(() => lock.release());
  const { agent, said } = start(folder);
  expect((await once(agent, 'exit'))[0]).toBe(1);
  expect(said()).toContain('directory_in_use');
});

test.each(['agent_started', 'link_down', 'first_cycle'])(
  'without network and without devices an agent runs, and SIGTERM ends it in order: at %s',
  async (moment) => {
    const folder = provisioned();
    const { agent, said } = start(folder);
    const ended = once(agent, 'exit');
    while (!said().includes(moment) && agent.exitCode === null) {
      await Promise.race([once(agent.stderr!, 'data'), ended]);
    }
    agent.kill('SIGTERM');
    await ended;
    expect([agent.exitCode, said()]).toEqual([0, expect.stringContaining(moment)]);
    lockDirectory(join(folder, 'data')).release();
  },
);

test('an agent that the command line runs is that process: who kills it leaves none behind', async () => {
  const folder = provisioned();
  const { agent, said } = start(folder, [TIELINE, 'agent', 'run']);
  while (!said().includes('first_cycle')) await once(agent.stderr!, 'data');
  // It is closed when nobody is left who might write there.
  const closed = once(agent, 'close');
  agent.kill('SIGKILL');
  await closed;
  lockDirectory(join(folder, 'data')).release();
});
