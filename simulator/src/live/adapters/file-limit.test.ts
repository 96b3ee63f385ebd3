import { expect, onTestFinished, test } from 'vitest';
import { limitFiles, ON_A_FULL_DISK } from './file-limit.ts';
import { LoneAgent } from './testing/lone-agent.ts';

/** What an agent has decided is written once a minute where nothing happens: here twice a second. */
const RATE = 120;

test('the disk is full for an agent alone while it runs, has room again, and is full when it starts', async () => {
  const clock = { rate: RATE, realOriginMs: Date.now(), simulatedOriginMs: Date.UTC(2026, 2, 3) };
  const agent = new LoneAgent({ ...clock, wallOffsetMs: 0 });
  onTestFinished(() => agent.close());
  await agent.missesBroker();
  await limitFiles(agent.process.pid!, true);
  await agent.says('store_unwritable');
  await limitFiles(agent.process.pid!, false);
  await agent.missesBroker();
  await agent.startAgain(ON_A_FULL_DISK);
  await agent.says('store_unwritable');
  await agent.missesBroker();
  agent.process.kill('SIGTERM');
  expect(await agent.ended).toEqual([0, null]);
}, 60_000);
