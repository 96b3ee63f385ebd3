import { assert as holds, property } from 'fast-check';
import { expect, test } from 'vitest';
import { EVENT_KINDS, type EventKindName } from '../scenario/events/index.ts';
import { scenarios } from './draw-scenario.ts';
import { DRAWS } from './draws/index.ts';
import { readGiven } from './scenario-text.ts';

test('every scenario that is drawn, or shrunk from one, is a file without a complaint', () => {
  holds(
    property(scenarios, (given) => {
      readGiven(given, 'drawn');
    }),
    { numRuns: 200 },
  );
});

test('every kind of event comes about, or its reason not to is told', () => {
  const seen = new Set<string>();
  holds(
    property(scenarios, ({ timeline = [] }) => {
      for (const event of timeline) for (const kind of Object.keys(event)) seen.add(kind);
    }),
    { numRuns: 200, seed: 1 },
  );
  for (const kind of EVENT_KINDS) {
    const draw = DRAWS[kind as EventKindName];
    if (typeof draw === 'string') expect(draw).not.toBe('');
    else expect(seen).toContain(kind);
  }
});
