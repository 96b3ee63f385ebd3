import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Rung, summarise } from './ladder.ts';

const offered = { state: 'offered', code: null } as const;

const Status = fc.constantFrom<Rung['status']>(
  { state: 'accepted' },
  { state: 'active' },
  { state: 'clipped', by: 'limit', toKw: 5 },
  { state: 'confirmed', by: 'device', measuredKw: 1 },
  { state: 'confirmed', by: 'meter', measuredKw: 1 },
  { state: 'completed' },
  { state: 'failed', detail: 'silent' },
  { state: 'unknown' },
);

const Receipts = fc
  .array(fc.tuple(fc.constantFrom(null, 0, 1), Status), { minLength: 1, maxLength: 8 })
  .map((list) =>
    list.map(([action, status], auditIndex) => ({ generation: 0, auditIndex, action, status })),
  );

test('receipts in any order tell the same', () => {
  fc.assert(
    fc.property(Receipts, fc.infiniteStream(fc.nat()), (receipts, random) => {
      const shuffled = receipts
        .map((receipt) => [random.next().value, receipt] as const)
        .toSorted(([a], [b]) => a - b)
        .map(([, receipt]) => receipt);
      expect(summarise(2, offered, shuffled)).toEqual(summarise(2, offered, receipts));
    }),
  );
});

test('a command is shown confirmed by measurement only if the meter confirmed each of its actions, and no limit moved after it', () => {
  fc.assert(
    fc.property(Receipts, (receipts) => {
      const { confirmedBy } = summarise(2, offered, receipts);
      const measured = (action: number): boolean => {
        const about = receipts.filter((one) => one.action === null || one.action === action);
        const clipped = about.findLastIndex(({ status }) => status.state === 'clipped');
        return about
          .slice(clipped + 1)
          .some(({ status }) => status.state === 'confirmed' && status.by === 'meter');
      };
      expect(confirmedBy === 'meter').toBe(measured(0) && measured(1));
    }),
  );
});

test('the least advanced action speaks for the command', () => {
  const rungs: Rung[] = [
    { generation: 0, auditIndex: 1, action: null, status: { state: 'accepted' } },
    { generation: 0, auditIndex: 2, action: 0, status: { state: 'completed' } },
  ];
  expect(summarise(2, offered, rungs)).toMatchObject({ state: 'accepted', final: false });
  const failed: Rung = {
    generation: 0,
    auditIndex: 3,
    action: 1,
    status: { state: 'failed', detail: 'silent' },
  };
  expect(summarise(2, offered, [...rungs, failed])).toMatchObject({
    state: 'failed',
    final: true,
    detail: 'silent',
  });
});

test('a command that was given up in doubt is final: unknown is the last word, unless a receipt still comes', () => {
  const givenUp = { state: 'unknown', code: 'too_late' } as const;
  expect(summarise(1, givenUp, [])).toMatchObject({ state: 'unknown', final: true });
});

test('without a receipt the control plane says what it knows, and doubt is not final', () => {
  expect(summarise(1, { state: 'unknown', code: 'no_receipt' }, [])).toEqual({
    state: 'unknown',
    confirmedBy: null,
    clipped: null,
    final: false,
    detail: 'no_receipt',
  });
});

test('what a limit has taken away is said beside every later confirmation, to the end', () => {
  const states: Rung['status'][] = [
    { state: 'accepted' },
    { state: 'active' },
    { state: 'clipped', by: 'site export limit', toKw: 50 },
    { state: 'confirmed', by: 'device', measuredKw: 50 },
    { state: 'confirmed', by: 'meter', measuredKw: 50 },
    { state: 'completed' },
  ];
  const rungs = states.map((status, auditIndex) => ({
    generation: 0,
    auditIndex,
    action: 0,
    status,
  }));
  const clipped = { by: 'site export limit', toKw: 50 };
  const detail = 'clipped by site export limit to 50 kW';
  for (const count of [3, 4, 5, 6]) {
    const told = summarise(1, offered, rungs.slice(0, count));
    expect(told, `after ${count}`).toMatchObject({ clipped, detail });
  }
  expect(summarise(1, offered, rungs.slice(0, 5)).confirmedBy).toBe('meter');
});

test('a confirmation does not outlive a limit that moves after it', () => {
  const states: Rung['status'][] = [
    { state: 'confirmed', by: 'meter', measuredKw: 80 },
    { state: 'clipped', by: 'site export limit', toKw: 50 },
  ];
  const rungs = states.map((status, auditIndex) => ({
    generation: 0,
    auditIndex,
    action: 0,
    status,
  }));
  expect(summarise(1, offered, rungs)).toMatchObject({ state: 'clipped', confirmedBy: null });
});
