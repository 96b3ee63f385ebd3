import { constant, integer, oneof, record } from 'fast-check';
import type { Draw } from '../episode.ts';

/** The connections that a restart has broken are made again within this time. */
const RECONNECTED_MS = 60_000;

export const cut: Draw = constant(({ site, fromMs, toMs }) => ({
  events: [
    { atMs: fromMs, event: { cut: site } },
    { atMs: toMs, event: { restore: site } },
  ],
}));

const CLEAN = { delayMs: 5, jitterMs: 0, lossRate: 0, duplicateRate: 0 };

export const link: Draw = record({
  // Up to longer than anybody waits for an acknowledgement.
  delayMs: oneof(integer({ min: 0, max: 2_000 }), integer({ min: 0, max: 15_000 })),
  jitterMs: integer({ min: 0, max: 3_000 }),
  lossRate: integer({ min: 0, max: 80 }).map((percent) => percent / 100),
  duplicateRate: integer({ min: 0, max: 80 }).map((percent) => percent / 100),
}).map((quality) => ({ site, fromMs, toMs }) => ({
  events: [
    { atMs: fromMs, event: { link: { site, ...quality } } },
    { atMs: toMs, event: { link: { site, ...CLEAN } } },
  ],
}));

export const broker: Draw = constant(({ fromMs }) => ({
  events: [{ atMs: fromMs, event: { broker: 'restart' } }],
  claims: [{ what: 'broker', fromMs, toMs: fromMs + RECONNECTED_MS }],
}));
