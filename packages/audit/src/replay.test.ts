import { expect, test } from 'vitest';
import type { AuditEntry, AuditRecord, RecordBody } from './record.ts';
import { type Reducer, replayRecords } from './replay.ts';
import { entry, memoryLog } from './test-support.ts';

/** Sums its inputs; a record may stand for several equal cycles. */
const summing: Reducer<number> = {
  startKind: 'snapshot',
  start: ({ body }) => Number(body['sum']),
  step(sum, { kind, body }) {
    if (kind !== 'cycle') return { state: sum, expected: null, cycles: 0 };
    const count = Number(body['count'] ?? 1);
    const state = sum + Number(body['input']) * count;
    return { state, expected: { ...body, output: state }, cycles: count };
  },
};

function logged(...entries: readonly (readonly [kind: string, body: RecordBody])[]): AuditRecord[] {
  const log = memoryLog();
  for (const [kind, body] of entries) log.append({ ...entry(log.size, body), kind } as AuditEntry);
  return [...log.records()];
}

test('a log whose outputs follow from its inputs is identical, and every cycle is counted', () => {
  const records = logged(
    ['cycle', { input: 9, output: 9 }],
    ['snapshot', { sum: 10 }],
    ['cycle', { input: 1.5, output: 11.5 }],
    ['command_accepted', { anything: true }],
    ['cycle', { input: 2, count: 60, output: 131.5 }],
    ['snapshot', { sum: 0 }],
    ['cycle', { input: 1, output: 1 }],
  );
  expect(replayRecords(records, summing)).toEqual({
    cycles: 62,
    from: 1,
    skipped: 1,
    identical: true,
    firstDifference: null,
  });
});

test('one bit of one output is a difference, and the first one is shown', () => {
  const records = logged(
    ['snapshot', { sum: 0.1 }],
    ['cycle', { input: 0.2, output: 0.1 + 0.2 }],
    ['cycle', { input: 0, output: 0.3 }],
    ['cycle', { input: 0, output: 7 }],
  );
  expect(replayRecords(records, summing)).toEqual({
    cycles: 2,
    from: 0,
    skipped: 0,
    identical: false,
    firstDifference: {
      seq: 2,
      expected: { input: 0, output: 0.1 + 0.2 },
      logged: { input: 0, output: 0.3 },
    },
  });
});

test('a log without a snapshot says nothing, which is not the same as identical', () => {
  const report = replayRecords(logged(['cycle', { input: 1, output: 5 }]), summing);
  expect(report).toMatchObject({ cycles: 0, from: null, skipped: 1, identical: false });
});
