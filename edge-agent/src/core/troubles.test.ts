import { expect, test } from 'vitest';
import type { ActuationTrouble } from './actuator.ts';
import { Troubles } from './troubles.ts';

const refused: ActuationTrouble = { asset: 'battery', kind: 'write_failed', detail: 'refused' };

test('what comes and goes is one trouble; gone for a minute, the next is a new one', () => {
  const troubles = new Troubles();
  expect(troubles.fresh([refused])).toEqual([refused]);
  // Nobody has taken it down yet.
  expect(troubles.fresh([refused])).toEqual([refused]);
  troubles.tell([refused], 0);
  troubles.tell([], 30_000);
  expect(troubles.fresh([{ ...refused, detail: 'in other words' }])).toEqual([]);
  troubles.tell([refused], 59_000);
  troubles.tell([], 118_999);
  expect(troubles.fresh([refused])).toEqual([]);
  troubles.tell([], 119_000);
  expect(troubles.fresh([refused])).toEqual([refused]);
});

test('another asset, and another trouble of the same, are told of', () => {
  const troubles = new Troubles();
  troubles.tell([refused], 0);
  const others: readonly ActuationTrouble[] = [
    { ...refused, asset: 'pv' },
    { ...refused, kind: 'foreign_setpoint' },
  ];
  expect(troubles.fresh([refused, ...others])).toEqual(others);
});
