import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AttackedSite } from './attacked-site.ts';
import { mallory, SITE } from './deployment.ts';
import { flipped, forgeCommand } from './forge.ts';

let at: AttackedSite;
beforeEach(async () => {
  at = await AttackedSite.start();
});
afterEach(() => at.stop());

const FLOOD = 10_000;

/** Session times of the cycles on record, ms, and whether there is one for every second. */
function cycleTimesMs(): number[] {
  return at
    .records('control_cycles')
    .flatMap(({ body }) =>
      (body['cycles'] as [sessionMs: number][]).map(([sessionMs]) => sessionMs),
    );
}

function expectEverySecond(): void {
  const timesMs = cycleTimesMs();
  const gapsMs = timesMs.slice(1).map((timeMs, k) => timeMs - (timesMs[k] ?? 0));
  expect(gapsMs.length).toBeGreaterThan(90);
  expect(Math.max(...gapsMs)).toBeLessThanOrEqual(1_000);
}

describe('a flood of 10,000 forged commands within a minute and a half', () => {
  test.each<[what: string, codes: string[], forge: () => ReturnType<typeof forgeCommand>]>([
    ['under an unknown key', ['key_unknown'], () => forgeCommand(at, { key: mallory })],
    [
      'under the dispatch key’s name, with wrong signatures',
      ['budget_spent', 'signature_wrong'],
      () => {
        const command = forgeCommand(at);
        return { ...command, payload: flipped(command.payload) };
      },
    ],
  ])(
    '%s: one record a code and minute, no answer, no cycle missed',
    async (_what, codes, forge) => {
      const message = forge();
      const sizeBefore = at.view().reported?.audit.size ?? 0;
      for (let sent = 0; sent < FLOOD; sent += 100) {
        await at.say(...Array.from({ length: 100 }, () => ({ ...message, qos: 0 }) as const));
        await at.world.advance(900);
      }
      await at.strike();
      const counted = Object.values(at.view().reported?.refused ?? {}).reduce((a, b) => a + b, 0);
      expect(counted).toBe(FLOOD);
      const onRecord = at.records('message_refused').map(({ body }) => String(body['code']));
      expect([...new Set(onRecord)].sort()).toEqual(codes);
      expect(onRecord.length).toBeLessThanOrEqual(codes.length * 2);
      expect(at.receipts()).toEqual([]);
      expect(new Set(at.asked)).toEqual(new Set([0]));
      // Beside them the log holds what it would have held in peace: a record of cycles a minute.
      const size = at.view().reported?.audit.size ?? 0;
      expect(size - sizeBefore - onRecord.length).toBeLessThanOrEqual(4);
      await at.stopAgent();
      expectEverySecond();
    },
  );
});

test('a broker that takes every message and acknowledges none holds up no cycle', async () => {
  // A refusal, so that there is a receipt to be acknowledged.
  await at.say(forgeCommand(at, { pol: 3 }));
  await at.world.advance(10);
  at.network.cut(SITE);
  await at.world.advance(120_000);
  expect(at.records('command_refused')).toHaveLength(1);
  await at.stopAgent();
  expectEverySecond();
});
