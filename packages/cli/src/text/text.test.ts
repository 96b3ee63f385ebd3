import fc from 'fast-check';
import { expect, test } from 'vitest';
import { duration, fixed, instant, powerInWords } from './humane.ts';
import { layoutTable } from './layout.ts';
import { plainText } from './paint.ts';
import { problemJson, problemText } from './problem.ts';

test('an error reads: what, the facts below each other, the next command', () => {
  const text = problemText(
    {
      code: 'limit_passed',
      what: 'Refused by agent site-07: feeder limit',
      facts: [
        ['asked', 'battery-2 400 kW for 30 min'],
        ['limit', 'feeder head 310 kW'],
      ],
      next: 'tieline dispatch preview --kw 240',
    },
    false,
  );
  expect(text).toBe(
    `✗ Refused by agent site-07: feeder limit
  asked  battery-2 400 kW for 30 min
  limit  feeder head 310 kW
  next   tieline dispatch preview --kw 240
`,
  );
});

test('the same for a machine is one line with its schema, code and exit', () => {
  const line = problemJson(5, { code: 'limit_passed', what: 'Refused', facts: [['limit', '310']] });
  expect(JSON.parse(line)).toEqual({
    schema: 'tieline.error/1',
    exit: 5,
    code: 'limit_passed',
    what: 'Refused',
    facts: { limit: '310' },
  });
  expect(line.trimEnd()).not.toContain('\n');
});

test('no text from outside can move the cursor, recolour or turn round what an operator reads', () => {
  expect(plainText('ok\u001b[2Kfine\u202e!')).toBe('ok\\u{1b}[2Kfine\\u{202e}!');
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (codes) => {
      const text = String.fromCodePoint(...codes);
      expect(plainText(text)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }),
  );
});

test('an abnormal row is marked as well as coloured; without colour the mark remains', () => {
  const columns = [{ header: 'SITE' }, { header: 'IMPORT kW', align: 'right' as const }];
  const rows = [
    { cells: ['site-2', '412.0'], tone: 'alarm' as const },
    { cells: ['site-1', '12.0'] },
  ];
  expect(layoutTable(columns, rows, false)).toBe(
    `  SITE    IMPORT kW
✗ site-2      412.0
  site-1       12.0
`,
  );
  expect(layoutTable(columns, rows, true)).toContain('\u001b[31m✗ site-2      412.0\u001b[39m');
});

test('powers say which way they flow, and no zero is negative', () => {
  expect(powerInWords(80)).toBe('feed into the grid 80.0 kW');
  expect(powerInWords(-80)).toBe('draw from the grid 80.0 kW');
  expect(fixed(-0.0001, 1)).toBe('0.0');
});

test('durations and instants read as people say them', () => {
  expect(duration(5_400_000)).toBe('1 h 30 min');
  expect(duration(250)).toBe('250 ms');
  expect(duration(86_400_000)).toBe('1 d');
  expect(instant(Date.UTC(2025, 5, 1, 14, 2, 31, 999))).toBe('2025-06-01T14:02:31Z');
});
