import { expect, test } from 'vitest';
import { shippedScenario } from '../scenario/adapters/scenario-files.ts';
import { HAPPENINGS_MAX, type Happening } from '../scenario/happenings.ts';
import { runScenario } from '../scenario/run-scenario.ts';
import { traceLines } from './trace.ts';

const played = await runScenario(shippedScenario('order-over-a-cut-link'));
const parsed = [...traceLines(played)].map((line) => JSON.parse(line));
const [head, ...lines] = parsed;
const at = (wanted: Record<string, unknown>): number =>
  lines.findIndex((line) => Object.entries(wanted).every(([key, value]) => line[key] === value));

test('a trace is what happened, in the order of simulated time, each on its line', () => {
  expect(head).toMatchObject({
    ...{ schema: 'tieline.trace/1', scenario: 'order-over-a-cut-link', seed: 1 },
    orders: { relief: expect.stringMatching(/^[0-9a-f]{32}$/) },
  });
  const times = lines.map(({ atMs }) => atMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  const inOrder = [
    at({ type: 'event', what: 'order relief: battery of harbour to 120 kW for 5m' }),
    at({ type: 'record', kind: 'command_accepted' }),
    at({ type: 'command', state: 'accepted' }),
    at({ type: 'event', what: 'link of harbour cut' }),
    at({ type: 'agent', change: 'lost' }),
    // The agent puts it on record while nobody hears it; the control plane learns of it minutes later.
    at({ type: 'record', kind: 'command_reverted' }),
    at({ type: 'event', what: 'link of harbour restored' }),
    at({ type: 'command', state: 'reverted' }),
  ];
  expect(inOrder).not.toContain(-1);
  expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
});

test('every interval of the chronicle has its sample, with every quantity', () => {
  const samples = lines.filter(({ type }) => type === 'sample');
  const { intervalMs, withControl } = played.chronicle;
  expect(samples.map(({ atMs }) => atMs)).toEqual(
    samples.map((_, index) => (index + 1) * intervalMs),
  );
  expect(samples.at(-1).atMs).toBe(played.report.durationMs);
  expect(Object.keys(samples[0].values)).toEqual([...withControl.keys()]);
  const buffered = samples.map(({ values }) => values['harbour.buffered']);
  expect(Math.max(...buffered)).toBeGreaterThan(5);
  expect(buffered.at(-1)).toBe(0);
});

test('refusals are in it, and a second run has the same bytes', async () => {
  const scenario = shippedScenario('forged-and-replayed');
  const [one, two] = [await runScenario(scenario), await runScenario(scenario)];
  const text = [...traceLines(one)].join('');
  expect([...traceLines(two)].join('')).toBe(text);
  expect(text).toContain('"kind":"message_refused"');
}, 60_000);

test('a trace stays bounded, and says how much it left out', () => {
  const one: Happening = { atMs: 5, type: 'event', site: null, what: 'x' };
  const chronicle = {
    ...played.chronicle,
    ...{ happenings: Array.from({ length: HAPPENINGS_MAX }, () => one), leftOut: 12 },
  };
  const last = [...traceLines({ ...played, chronicle })].at(-1) ?? '';
  expect(JSON.parse(last)).toMatchObject({ type: 'left-out', happenings: 12 });
});
