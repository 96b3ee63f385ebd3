import { type LogFields, silentLogger } from '@tieline/kernel';
import { expect, test } from 'vitest';
import { BROKER_REFUSALS, Refusals } from './refusals.ts';

test('a flood of refusals is counted whole and logged at its first, tenth, hundredth …', () => {
  const lines: LogFields[] = [];
  const refusals = new Refusals({
    ...silentLogger,
    warn: (_event, fields = {}) => void lines.push(fields),
  });
  for (let each = 0; each < 1_234; each += 1) refusals.count('qos_2', 'site-1');
  refusals.count('credentials_bad', null);
  expect(lines.map((line) => `${line['reason']} ${line['count']}`)).toEqual([
    'qos_2 1',
    'qos_2 10',
    'qos_2 100',
    'qos_2 1000',
    'credentials_bad 1',
  ]);
  expect(refusals.counts.get('qos_2')).toBe(1_234);
});

test('every reason is there from the start, so that a metric is never missing', () => {
  expect([...new Refusals(silentLogger).counts]).toEqual(
    BROKER_REFUSALS.map((reason) => [reason, 0]),
  );
});
