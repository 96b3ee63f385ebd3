import { integer } from 'fast-check';
import { clock } from '../../scenario/clock.ts';
import type { Draw } from '../episode.ts';

export const load: Draw = integer({ min: -150, max: 150 }).map(
  (addKw) =>
    ({ site, fromMs, toMs }) => ({
      events: [{ atMs: fromMs, event: { load: { site, addKw, for: clock(toMs - fromMs) } } }],
    }),
);

export const cloud: Draw = integer({ min: 0, max: 10 }).map((tenths) => ({ fromMs, toMs }) => ({
  events: [{ atMs: fromMs, event: { cloud: { share: tenths / 10, for: clock(toMs - fromMs) } } }],
}));
