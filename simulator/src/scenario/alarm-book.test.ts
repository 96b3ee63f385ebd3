import type { ControlEvent } from '@tieline/control-plane';
import { expect, test } from 'vitest';
import { AlarmBook } from './alarm-book.ts';

const alarm = (code: string, site: string | null): ControlEvent =>
  ({
    ...{ type: 'alarm', code, site, detail: '' },
    ...{ cause: '', consequence: '', action: '', respondWithinMs: 1 },
  }) as ControlEvent;

test('alarms count for all, for their site, and for ten minutes', () => {
  const book = new AlarmBook();
  book.note(alarm('device_doubted', 'harbour'), 0);
  book.note(alarm('work_failed', null), 300_000);
  book.note(alarm('audit_behind', 'harbour'), 599_999);
  expect([book.all, book.ofFleet, book.of('harbour'), book.of('depot')]).toEqual([3, 2, 2, 0]);
  expect([book.lately(599_999), book.lately(600_000), book.lately(1_199_999)]).toEqual([3, 2, 0]);
});

test('what was raised before the scenario began does not count', () => {
  const book = new AlarmBook(1_000);
  book.note(alarm('device_not_following', 'harbour'), 999);
  expect([book.all, book.of('harbour'), book.lately(1_000)]).toEqual([0, 0, 0]);
  book.note(alarm('device_not_following', 'harbour'), 1_000);
  expect([book.all, book.of('harbour'), book.lately(1_000)]).toEqual([1, 1, 1]);
});
