import { expect, test } from 'vitest';
import { embeddedFeeder, FEEDER_BYTES_MAX, GridError, parseFeeder, switched } from './index.ts';

const good = {
  name: 'three-bus',
  baseKv: 12.66,
  slack: { bus: '1', voltagePu: 1 },
  buses: [{ id: '1' }, { id: '2', loadKw: 100, loadKvar: 60 }, { id: '3', loadKw: 90 }],
  branches: [
    { id: '1-2', from: '1', to: '2', rOhm: 0.0922, xOhm: 0.047 },
    { id: '2-3', from: '2', to: '3', rOhm: 0.493, xOhm: 0.2511, closed: true },
  ],
};

function refusal(text: string): GridError['failure'] {
  try {
    parseFeeder(text);
  } catch (thrown) {
    if (thrown instanceof GridError) return thrown.failure;
    throw thrown;
  }
  throw new Error('was not refused');
}

/** The good feeder with one thing changed. */
function changed(change: (feeder: typeof good) => void): string {
  const feeder = structuredClone(good);
  change(feeder);
  return JSON.stringify(feeder);
}

test('a good file is read as it is written', () => {
  expect(parseFeeder(JSON.stringify(good))).toEqual(good);
});

test.each<[string, string, string, RegExp]>([
  [
    'an unknown bus',
    changed((f) => {
      f.branches[1]!.to = '9';
    }),
    'branches[1].to',
    /unknown bus "9"/,
  ],
  [
    'a slack at an unknown bus',
    changed((f) => {
      f.slack.bus = 'x';
    }),
    'slack.bus',
    /unknown bus "x"/,
  ],
  [
    'a doubled bus',
    changed((f) => {
      f.buses[2]!.id = '2';
      f.branches[1]!.to = '1';
    }),
    'buses[2].id',
    /doubled bus "2"/,
  ],
  [
    'a doubled branch',
    changed((f) => {
      f.branches[1]!.id = '1-2';
    }),
    'branches[1].id',
    /doubled branch/,
  ],
  [
    'a negative resistance',
    changed((f) => {
      f.branches[0]!.rOhm = -0.1;
    }),
    'branches[0].rOhm',
    />=0/,
  ],
  [
    'an unknown key',
    changed((f) => {
      Object.assign(f.branches[0]!, { rOhms: 1 });
    }),
    'branches[0]',
    /rOhms/,
  ],
  [
    'an unknown key at the top',
    changed((f) => {
      Object.assign(f, { baseKV: 1 });
    }),
    '(file)',
    /baseKV/,
  ],
  [
    'text for a number',
    changed((f) => {
      Object.assign(f.buses[1]!, { loadKw: '100' });
    }),
    'buses[1].loadKw',
    /number/,
  ],
  ['an infinite load', JSON.stringify(good).replace('100', '1e999'), 'buses[1].loadKw', /number/],
  [
    'a branch onto its own bus',
    changed((f) => {
      f.branches[1]!.to = '2';
    }),
    'branches[1].to',
    /both ends/,
  ],
  [
    'an assumed rating that is not there',
    changed((f) => {
      Object.assign(f.branches[0]!, { ratingAssumed: true });
    }),
    'branches[0].ratingAssumed',
    /no ratedA/,
  ],
  ['a misspelt key', JSON.stringify(good).replace('"rOhm"', '"rohm"'), 'branches[0]', /"rohm"/],
  ['a bare null', 'null', '(file)', /object/],
])('%s is refused with its place and reason', (_, text, place, reason) => {
  const failure = refusal(text);
  expect(failure).toMatchObject({ code: 'feeder_invalid', place });
  expect('reason' in failure && failure.reason).toMatch(reason);
});

test('a file that is cut off is refused as no JSON, with where it ends', () => {
  const failure = refusal(JSON.stringify(good).slice(0, 60));
  expect(failure.code).toBe('feeder_not_json');
  expect('reason' in failure && failure.reason).toMatch(/position \d+/);
});

test('a file that is too large is refused before it is parsed', () => {
  const text = `{${' '.repeat(FEEDER_BYTES_MAX)}`;
  expect(refusal(text)).toEqual({
    code: 'feeder_too_large',
    bytes: FEEDER_BYTES_MAX + 1,
    bytesMax: FEEDER_BYTES_MAX,
  });
});

test('a feeder that does not ship is refused with those that do', () => {
  expect(() => embeddedFeeder('ieee-123')).toThrow(/feeder_unknown.*baran-wu-33/);
});

test('switching names only branches that exist, and leaves the original alone', () => {
  const feeder = parseFeeder(JSON.stringify(good));
  expect(switched(feeder, new Map([['2-3', false]])).branches[1]).toMatchObject({ closed: false });
  expect(feeder.branches[1]).toMatchObject({ closed: true });
  expect(() => switched(feeder, new Map([['3-4', true]]))).toThrow(/branch_unknown/);
});
