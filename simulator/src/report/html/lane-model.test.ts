import { expect, test } from 'vitest';
import { shippedScenario } from '../../scenario/adapters/scenario-files.ts';
import type { Happening } from '../../scenario/happenings.ts';
import { runScenario, type ScenarioRun } from '../../scenario/run-scenario.ts';
import { lanesOf, outages } from './lane-model.ts';
import { reportPage } from './page.ts';

test('an outage is where an agent that was heard is heard no more', () => {
  expect(outages([0, 0, 1, 1, 0, 0, 1, 0], 1_000)).toMatchObject([
    { fromMs: 4_000, toMs: 6_000 },
    { fromMs: 7_000, toMs: 8_000 },
  ]);
  expect(outages([null, 0, 0], 1_000)).toEqual([]);
  expect(outages([1, null, 1], 1_000)).toEqual([]);
});

const played = await runScenario(shippedScenario('two-overlapping-orders'));

test('an order has a lane: what the control plane heard of it, until the next word', () => {
  const [long, short, ...others] = lanesOf(played);
  expect(others).toEqual([]);
  expect([long?.name, short?.name]).toEqual(['order long', 'order short']);
  expect(short?.stretches.map(({ words }) => words)).toContain('measured');
  expect(short?.stretches.at(-1)).toMatchObject({ words: 'reverted', tone: 'over' });
  for (const { stretches } of [long!, short!]) {
    const ends = stretches.slice(0, -1).map(({ toMs }) => toMs);
    expect(ends).toEqual(stretches.slice(1).map(({ fromMs }) => fromMs));
    expect(stretches.at(-1)?.toMs).toBe(played.report.durationMs);
  }
});

test('an alarm has its sign, and what is ordinary has no lane', () => {
  const alarm: Happening = {
    ...{ atMs: 9_000, type: 'alarm', site: 'harbour', code: 'audit_refused', detail: '<x>' },
    ...{ cause: '', consequence: '', action: '', respondWithinMs: 1 },
  };
  const withHappenings = (happenings: readonly Happening[]): ScenarioRun => {
    return { ...played, chronicle: { ...played.chronicle, commands: new Map(), happenings } };
  };
  expect(lanesOf(withHappenings([alarm]))).toMatchObject([{ name: 'alarms' }]);
  expect(reportPage(withHappenings([alarm]), 'x')).toContain('✗ audit_refused of harbour');
  expect(reportPage(withHappenings([]), 'x')).not.toContain('Orders, links');
});
