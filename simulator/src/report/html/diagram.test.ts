import { embeddedFeeder, type Feeder } from '@tieline/grid';
import { expect, test } from 'vitest';
import { shippedScenario } from '../../scenario/adapters/scenario-files.ts';
import { runScenario } from '../../scenario/run-scenario.ts';
import type { WorstMoment } from '../../scenario/worst-moment.ts';
import { feederDiagram } from './diagram.ts';
import { placedLabels } from './diagram-labels.ts';
import { render } from './element.ts';
import { feederLayout } from './feeder-layout.ts';

const played = await runScenario({
  ...shippedScenario('evening-peak'),
  durationMs: 60_000,
  expect: [],
});

function drawnAt(worst: WorstMoment): string {
  return feederDiagram({ ...played, chronicle: { ...played.chronicle, worst } })
    .map(render)
    .join('');
}

/** The diagram of that run, had its buses had these voltages. */
function drawn(voltagePu: readonly number[]): string {
  return drawnAt({ ...played.chronicle.worst!, voltagePu: Float64Array.from(voltagePu) });
}

test('every bus has a place of its own, one branch beyond its parent, and the longest way is straight', () => {
  const feeder = embeddedFeeder('baran-wu-33')!;
  const placed = feederLayout(feeder);
  const at = new Map(placed.map((bus) => [bus.id, bus]));
  expect(placed).toHaveLength(33);
  expect(new Set(placed.map(({ depth, row }) => `${depth}/${row}`)).size).toBe(33);
  for (const { depth, parent } of placed) {
    expect(depth).toBe(parent === null ? 0 : (at.get(parent)?.depth ?? Number.NaN) + 1);
  }
  expect(placed.filter(({ row }) => row === 0).map(({ id }) => id)).toEqual(
    Array.from({ length: 18 }, (_, index) => `${index + 1}`),
  );
});

test('a loop is laid out as a tree, and what no closed branch reaches hangs at an open one', () => {
  const branch = (from: string, to: string) => {
    return { id: `${from}-${to}`, from, to, rOhm: 1, xOhm: 1 };
  };
  const feeder: Feeder = {
    ...{ name: 'ring', baseKv: 10, slack: { bus: 'a', voltagePu: 1 } },
    buses: ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id })),
    branches: [
      branch('a', 'b'),
      branch('b', 'c'),
      branch('c', 'a'),
      { ...branch('c', 'd'), closed: false },
      branch('e', 'd'),
    ],
  };
  const way = new Map(feederLayout(feeder).map((bus) => [bus.id, [bus.parent, bus.branch]]));
  expect(Object.fromEntries(way)).toEqual({
    ...{ a: [null, null], b: ['a', 0], c: ['a', 2] },
    ...{ d: ['c', 3], e: ['d', 4] },
  });
});

test('a voltage too low or too high has a shape and words of its own, and a normal one no colour', () => {
  const [, ...others] = Array.from({ length: 33 }, () => 1);
  const normal = drawn([1, ...others]);
  expect(normal).not.toContain('outside');
  expect(normal).toContain('nominal voltage: none');
  const abnormal = drawn([1, 0.88, 1.11, 0.93, ...others.slice(3)]);
  expect(abnormal).toMatch(/d="M\d+ 34m-7 -6h14l-7 13z" class="bus outside"/);
  expect(abnormal).toMatch(/d="M\d+ 34m-7 6h14l-7 -13z" class="bus outside"/);
  expect(abnormal).toContain('nominal voltage: 2 0.8800, 3 1.1100;');
  expect(abnormal).toContain('>bus 2, 0.8800<');
  expect(abnormal.match(/class="bus reduced"/g)).toHaveLength(1 + 1);
});

test('a branch near its rating is thicker and has its number, one over it a sign of its own', () => {
  const worst = played.chronicle.worst!;
  expect(drawnAt(worst)).not.toMatch(/class="wire (high|over)|▲|✗/);
  const at = (id: string): number => worst.branches.findIndex((branch) => branch.id === id);
  const currentA = Float64Array.from(worst.currentA);
  currentA[at('3-4')] = worst.branches[at('3-4')]!.ratedA! * 0.81;
  currentA[at('5-6')] = worst.branches[at('5-6')]!.ratedA! * 1.2;
  const text = drawnAt({ ...worst, currentA });
  expect(text).toContain('carries 120 % of its rating</title>');
  expect(text).toContain('branches over 80 % of their rating: 3-4 81 %, 5-6 120 %;');
  expect(text).toMatch(/class="wire high"[^>]*><title>branch 3-4, [\d.]+ A, 81 % of its rating</);
  expect(text).toMatch(/class="loading high">▲ 81 %</);
  expect(text).toMatch(/class="wire over"[^>]*><title>branch 5-6, [\d.]+ A, 120 % of its rating</);
  expect(text).toMatch(/class="loading over">✗ 120 %</);
  for (const words of ['▲ over 80 % of its rating', '✗ over its rating', 'ratings are assumed']) {
    expect(text).toContain(words);
  }
});

test('an open branch is broken, and what it leaves without supply is crossed out and said', () => {
  const worst = played.chronicle.worst!;
  const open = (text: string): number => text.match(/class="wire open/g)?.length ?? 0;
  const before = drawnAt(worst);
  expect(before).not.toContain('bus dead');
  expect(before).not.toContain('>no supply<');
  const branches = worst.branches.map((one) =>
    one.id === '17-18' ? { ...one, closed: false } : one,
  );
  const voltagePu = Float64Array.from(worst.voltagePu);
  voltagePu[17] = Number.NaN;
  const text = drawnAt({ ...worst, branches, voltagePu });
  expect(text).toContain('its worst moment: 1 of 33 buses without supply');
  expect(text).toMatch(/class="bus dead"[^>]*><title>bus 18, no supply, mill-lane</);
  expect(text).toContain('without supply: 18;');
  expect(text).toMatch(/class="said dead">no supply</);
  expect(text).toMatch(/class="wire open"[^>]*><title>branch 17-18, open</);
  expect(text).toMatch(/class="loading open">open</);
  expect(open(text)).toBe(open(before) + 1);
});

test('a tie that is closed is a line as any other', () => {
  const worst = played.chronicle.worst!;
  const branches = worst.branches.map((one) =>
    one.id === '21-8' ? { ...one, closed: true } : one,
  );
  expect(drawnAt(worst).match(/class="wire open tie"/g)).toHaveLength(5);
  const text = drawnAt({ ...worst, branches });
  expect(text.match(/class="wire open tie"/g)).toHaveLength(4);
  expect(text.match(/class="wire normal tie"/g)).toHaveLength(1);
});

test('labels do not lie over each other: where two would, the first stays', () => {
  const label = (words: string, x: number) => {
    return { words, x, y: 10, anchor: 'middle' as const, look: 'said' };
  };
  const text = placedLabels([label('alarm', 100), label('name', 120), label('far', 300)])
    .map(render)
    .join('');
  expect([...text.matchAll(/>([a-z]+)</g)].map(([, words]) => words)).toEqual(['alarm', 'far']);
});

test('each site is named, and several at one bus are counted', () => {
  const text = drawnAt(played.chronicle.worst!);
  for (const { site } of played.report.sites) expect(text).toContain(`>${site}<`);
  const { simulated } = played.scenario;
  const [first] = simulated.sites;
  const twice = { ...simulated, sites: [...simulated.sites, first!] };
  const crowded = feederDiagram({ ...played, scenario: { ...played.scenario, simulated: twice } });
  expect(crowded.map(render).join('')).toContain('>2 sites<');
});

test('a feeder of more buses than can be told apart is not drawn', () => {
  const { simulated } = played.scenario;
  const buses = Array.from({ length: 201 }, (_, index) => ({ id: `${index}` }));
  const large = { ...simulated, feeder: { ...simulated.feeder, buses } };
  expect(feederDiagram({ ...played, scenario: { ...played.scenario, simulated: large } })).toEqual(
    [],
  );
});
