import { DAY_MS } from '@tieline/kernel';
import { constant, integer, oneof } from 'fast-check';
import type { Draw } from '../episode.ts';

export const kill: Draw = constant(({ site, fromMs, toMs }) => ({
  events: [
    { atMs: fromMs, event: { kill: site } },
    { atMs: toMs, event: { start: site } },
  ],
  claims: [{ what: `agent of ${site}`, fromMs, toMs }],
}));

export const control: Draw = constant(({ fromMs, toMs }) => ({
  events: [
    { atMs: fromMs, event: { control: 'stop' } },
    { atMs: toMs, event: { control: 'start' } },
  ],
  claims: [{ what: 'control plane', fromMs, toMs }],
}));

export const clock: Draw = oneof(
  integer({ min: -5_000, max: 5_000 }),
  integer({ min: -3_600_000, max: 3_600_000 }),
  integer({ min: -400 * DAY_MS, max: 400 * DAY_MS }),
).map((offsetMs) => ({ site, fromMs, toMs }) => ({
  events: [
    { atMs: fromMs, event: { clock: { site, offsetMs } } },
    { atMs: toMs, event: { clock: { site, offsetMs: 0 } } },
  ],
}));
