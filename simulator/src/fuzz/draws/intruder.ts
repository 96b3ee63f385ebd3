import { boolean, constant } from 'fast-check';
import type { Draw, Episode, Occasion } from '../episode.ts';
import { harmless } from '../liveness.ts';

export const forge: Draw = constant((occasion: Occasion) =>
  overheard(occasion, { forge: { site: occasion.site } }),
);

export const replay: Draw = boolean().map((elsewhere) => (occasion) => {
  const { site, other } = occasion;
  const to = elsewhere && other !== site ? { to: other } : {};
  return overheard(occasion, { replay: { site, ...to } });
});

/** Before anything fails. */
const OVERHEARD_MS = 20_000;

/** An intruder has something to publish only where there was a command, and only while connected. */
function overheard(occasion: Occasion, event: Record<string, unknown>): Episode {
  const { index, site, size, fromMs } = occasion;
  const order = { name: `overheard-${index}`, site, ...harmless(size), for: '15s' };
  return {
    events: [
      { atMs: OVERHEARD_MS, event: { order } },
      { atMs: fromMs, event },
    ],
    claims: [{ what: 'broker', fromMs, toMs: fromMs }],
  };
}
