import { expect, test } from 'vitest';
import { shippedScenario, shippedScenarios } from './adapters/scenario-files.ts';
import { explain } from './explanation.ts';
import { runScenario } from './run-scenario.ts';

test('what is told to be expected and promised is what a run then answers for, in the same words', async () => {
  const scenario = shippedScenario('two-overlapping-orders');
  const { report } = await runScenario(scenario);
  const { expected, promised } = explain(scenario);
  expect(report.expectations.map((one) => one.expected)).toEqual([...expected, ...promised]);
}, 60_000);

test('everything that ships can be told, every event in its order and at its time', () => {
  for (const name of shippedScenarios()) {
    const scenario = shippedScenario(name);
    const { timeline, sites } = explain(scenario);
    expect(timeline.map(({ wallMs }) => wallMs - scenario.startMs)).toEqual(
      scenario.timeline.map(({ at }) => at),
    );
    expect(sites.every(({ has, policy }) => has.length > 0 && policy.length > 1)).toBe(true);
  }
});
