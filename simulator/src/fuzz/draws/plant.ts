import { integer } from 'fast-check';
import { clock } from '../../scenario/clock.ts';
import type { Draw } from '../episode.ts';

/** A branch is opened, or a tie closed, and switched back. */
export const switching: Draw = integer({ min: 0, max: 999 }).map((at) => (occasion) => {
  const { feeder, fromMs, toMs } = occasion;
  const branch = feeder.branches[at % feeder.branches.length];
  if (branch === undefined) return null;
  const { id, closed = true } = branch;
  return {
    events: [
      { atMs: fromMs, event: { switch: { branch: id, closed: !closed } } },
      { atMs: toMs, event: { switch: { branch: id, closed } } },
    ],
    claims: [{ what: `branch ${id}`, fromMs, toMs }],
  };
});

export const load: Draw = integer({ min: -150, max: 150 }).map(
  (addKw) =>
    ({ site, fromMs, toMs }) => ({
      events: [{ atMs: fromMs, event: { load: { site, addKw, for: clock(toMs - fromMs) } } }],
    }),
);

export const cloud: Draw = integer({ min: 0, max: 10 }).map((tenths) => ({ fromMs, toMs }) => ({
  events: [{ atMs: fromMs, event: { cloud: { share: tenths / 10, for: clock(toMs - fromMs) } } }],
}));
