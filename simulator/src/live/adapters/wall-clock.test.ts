import { DAY_MS } from '@tieline/kernel';
import { expect, onTestFinished, test } from 'vitest';
import { LoneAgent } from './testing/lone-agent.ts';

const NOON_MS = Date.UTC(2026, 2, 3, 12);
const MINUTE_MS = 60_000;

test('the wall clock of an agent in a simulation jumps when it is told to, there and back, in the process that runs', async () => {
  const clock = { rate: 1, realOriginMs: Date.now(), simulatedOriginMs: NOON_MS };
  const agent = new LoneAgent({ ...clock, wallOffsetMs: DAY_MS });
  onTestFinished(() => agent.close());
  const daysOff = async (): Promise<number> => {
    const offMs = (await agent.missesBroker()) - NOON_MS;
    // It has run for less than a minute.
    expect(offMs - Math.floor(offMs / DAY_MS) * DAY_MS).toBeLessThan(MINUTE_MS);
    return Math.floor(offMs / DAY_MS);
  };
  const untilItIs = async (days: number, before: number): Promise<void> => {
    for (let is = before; is !== days; ) {
      is = await daysOff();
      expect([before, days]).toContain(is);
    }
  };
  // As its configuration says that it starts.
  expect(await daysOff()).toBe(1);
  agent.process.send({ wallOffsetMs: -20_000 * DAY_MS });
  await untilItIs(-20_000, 1);
  agent.process.send({ wallOffsetMs: 0 });
  await untilItIs(0, -20_000);
  agent.process.kill('SIGTERM');
  expect(await agent.ended).toEqual([0, null]);
}, 60_000);
