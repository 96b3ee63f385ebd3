import type { Value } from 'fast-check';
import { expect, test } from 'vitest';
import { runScenario } from '../scenario/run-scenario.ts';
import { breachOf } from './breach.ts';
import { type GivenScenario, scenarios } from './draw-scenario.ts';
import { readGiven, textOf } from './scenario-text.ts';
import { drawn, type Play, shrunk } from './search.ts';

const never = (): boolean => false;

/** Real runs at whose batteries something is wrong from the beginning, which no scenario knows of. */
const play: Play<GivenScenario> = async (given) => {
  const scenario = readGiven(given, 'planted');
  const planted = scenario.simulated.sites.flatMap(({ plant: { site, battery } }) =>
    battery === null
      ? []
      : [{ at: 0, device: { site, asset: 'battery' as const, fault: 'refuses' as const } }],
  );
  const { report } = await runScenario({
    ...scenario,
    timeline: [...planted, ...scenario.timeline],
  });
  return breachOf(report);
};

/** One battery and some faults, none of them an order: short to run, and nothing else can be broken first. */
function plain(): Value<GivenScenario> {
  for (let index = 0; index < 2_000; index += 1) {
    const value = drawn(scenarios, 1, index);
    const { sites, timeline = [] } = value.value_;
    const orders = timeline.filter(({ order }) => order !== undefined);
    const [site, ...others] = Object.values(sites);
    const isOne = others.length === 0 && site?.battery !== undefined;
    if (isOne && orders.length === 1 && timeline.length > 4) return value;
  }
  throw new Error('none was drawn');
}

test('a battery that never obeys is found, and of the faults that had nothing to do with it none is left', async () => {
  const value = plain();
  const breach = await play(value.value_, 0);
  expect(breach?.promise).toBe('order then-harbour confirmed by the device within 1m');
  const { value: smallest } = await shrunk(
    { index: 0, breach: breach!, value },
    { arbitrary: scenarios, play, width: 1, triesMax: 2, isOver: never, keyOf: textOf },
  );
  const { sites, timeline = [] } = smallest.value_;
  expect(Object.values(sites)).toMatchObject([{ battery: {} }]);
  // Only the order that every scenario ends with.
  expect(timeline.map(({ order }) => order?.name)).toEqual(['then-harbour']);
}, 120_000);
