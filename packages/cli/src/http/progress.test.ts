import { expect, test } from 'vitest';
import type { Progress } from './answers.ts';
import { exitOfAll, exitOfProgress, isSettled, progressInWords } from './progress.ts';
import { exitOfCode } from './refusal.ts';

const at = (state: string, more: Partial<Progress> = {}): Progress => ({
  id: '0',
  site: 'site-1',
  state,
  confirmedBy: null,
  clipped: null,
  final: false,
  detail: null,
  ...more,
});

const CLIPPED = {
  clipped: { by: 'site_limit', toKw: 50 },
  detail: 'clipped by site_limit to 50 kW',
};
const BY_LIMIT = '(clipped by site limit to 50 kW)';

test.each([
  ['confirmed', { confirmedBy: 'meter' }, 0, 'confirmed by measurement'],
  ['confirmed', { confirmedBy: 'device' }, 3, 'confirmed by the device, not yet measured'],
  ['completed', { confirmedBy: 'meter', final: true }, 0, 'completed, confirmed by measurement'],
  [
    'reverted',
    { confirmedBy: 'device', final: true },
    0,
    'reverted, confirmed by the device, never measured',
  ],
  ['completed', { final: true }, 3, 'completed, not confirmed'],
  ['confirmed', { confirmedBy: 'meter', ...CLIPPED }, 5, `confirmed by measurement ${BY_LIMIT}`],
  ['clipped', CLIPPED, 5, `clipped, not confirmed ${BY_LIMIT}`],
  ['completed', { final: true, ...CLIPPED }, 5, `completed, not confirmed ${BY_LIMIT}`],
  ['offered', {}, 3, 'sent, not confirmed'],
  ['accepted', {}, 3, 'accepted, not confirmed'],
  ['unknown', {}, 3, 'UNKNOWN whether it was carried out, not confirmed'],
  [
    'unknown',
    { confirmedBy: 'meter' },
    3,
    'UNKNOWN whether it was carried out, after it was measured',
  ],
  [
    'refused',
    { final: true, detail: 'beyond_policy_limit' },
    5,
    'refused, not confirmed (beyond policy limit)',
  ],
  [
    'refused',
    { final: true, detail: 'signature_wrong' },
    4,
    'refused, not confirmed (signature wrong)',
  ],
  [
    'refused',
    { final: true, detail: 'order_role_missing' },
    4,
    'refused, not confirmed (order role missing)',
  ],
  ['failed', { final: true, detail: 'no answer' }, 1, 'failed, not confirmed (no answer)'],
  ['overridden', { final: true, confirmedBy: 'meter' }, 1, 'overridden, after it was measured'],
  ['expired', { final: true }, 1, 'expired, not confirmed'],
] as const)('%s %j is exit %i: %s', (state, more, exit, words) => {
  expect(exitOfProgress(at(state, more))).toBe(exit);
  expect(progressInWords(at(state, more))).toBe(words);
});

test('nothing but a meter, an end or not knowing ends the wait', () => {
  for (const state of ['queued', 'offered', 'accepted', 'scheduled', 'active', 'clipped']) {
    expect(isSettled(at(state))).toBe(false);
  }
  expect(isSettled(at('confirmed', { confirmedBy: 'device' }))).toBe(false);
  expect(isSettled(at('confirmed', { confirmedBy: 'meter' }))).toBe(true);
  expect(isSettled(at('unknown'))).toBe(true);
  expect(isSettled(at('completed', { final: true }))).toBe(true);
});

test('several sites: the exit of all where they agree, 7 where only some succeeded', () => {
  const good = at('confirmed', { confirmedBy: 'meter' });
  const refused = at('refused', { final: true, detail: 'beyond_margin' });
  expect(exitOfAll([good, good])).toBe(0);
  expect(exitOfAll([good, refused])).toBe(7);
  expect(exitOfAll([refused, refused])).toBe(5);
  expect(exitOfAll([refused, at('unknown')])).toBe(1);
});

test.each([
  ['key_unknown', 4],
  ['order_signature_wrong', 4],
  ['order_action_out_of_scope', 4],
  ['unauthorized', 4],
  ['beyond_limit_in_force', 5],
  ['below_reserve', 5],
  ['asset_local', 5],
  ['order_class_too_low', 5],
  ['order_quorum_missed', 6],
  ['command_unknown', null],
])('the code %s is exit %s', (code, exit) => {
  expect(exitOfCode(code)).toBe(exit);
});
