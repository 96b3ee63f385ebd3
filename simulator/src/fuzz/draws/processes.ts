import { DAY_MS } from '@tieline/kernel';
import { boolean, constant, integer, oneof, record } from 'fast-check';
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

/** An agent that has nothing to do writes once a minute: by then its power has failed. */
const WRITES_MAX = 4;
const WRITTEN_WITHIN_MS = 300_000;

export const powerCut: Draw = record({
  atWrite: integer({ min: 1, max: WRITES_MAX }),
  kept: boolean(),
}).map((plan) => ({ site, fromMs, toMs: drawnMs }) => {
  const toMs = Math.max(drawnMs, fromMs + WRITTEN_WITHIN_MS);
  return {
    events: [
      { atMs: fromMs, event: { powerCut: { site, ...plan } } },
      { atMs: toMs, event: { start: site } },
    ],
    claims: [
      { what: `agent of ${site}`, fromMs, toMs },
      { what: `disk of ${site}`, fromMs, toMs },
    ],
  };
});

export const disk: Draw = constant(({ site, fromMs, toMs }) => ({
  events: [
    { atMs: fromMs, event: { disk: { site, full: true } } },
    { atMs: toMs, event: { disk: { site, full: false } } },
  ],
  claims: [{ what: `disk of ${site}`, fromMs, toMs }],
}));
