import { clock } from '../../scenario/clock.ts';
import type { ScenarioRun } from '../../scenario/run-scenario.ts';
import { VOLTAGE_BAND_PU, type WorstMoment } from '../../scenario/worst-moment.ts';
import { scrolled } from './chart-frame.ts';
import {
  branchLabel,
  branchLegend,
  branchMark,
  type DrawnBranch,
  stateOf,
} from './diagram-branches.ts';
import {
  bandOf,
  busLegend,
  busMark,
  type DrawnBus,
  saidLabel,
  siteLabel,
} from './diagram-buses.ts';
import { placedLabels } from './diagram-labels.ts';
import { type Element, element } from './element.ts';
import { feederLayout } from './feeder-layout.ts';

/** Of a larger feeder nothing could be told apart. */
const BUSES_MAX = 200;
const [WIDTH, LEFT, RIGHT, TOP, ROW] = [960, 24, 924, 34, 54];

/** The feeder as a diagram of one line, at its worst moment. */
export function feederDiagram({ scenario, chronicle }: ScenarioRun): Element[] {
  const { worst } = chronicle;
  if (worst === null || scenario.simulated.feeder.buses.length > BUSES_MAX) return [];
  const { buses, branches, source, rows } = drawnFeeder(scenario.simulated, worst);
  const title = `The feeder at ${clock(worst.atMs)}, its worst moment: ${reason(buses, branches)}`;
  const drawing = element(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${TOP + rows * ROW - 8}`, role: 'img', class: 'chart' },
    element('title', {}, title),
    element('desc', {}, describe(buses, branches)),
    ...branches.flatMap(branchMark),
    ...buses.map(busMark),
    ...labels(buses, branches, source),
  );
  const assumed = worst.branches.some(({ ratingAssumed }) => ratingAssumed === true);
  const legend = [
    ...busLegend(buses),
    ...branchLegend(branches),
    ...(assumed ? [element('li', {}, 'ratings are assumed')] : []),
  ];
  return [
    element(
      'figure',
      {},
      element('figcaption', {}, element('h3', {}, title), element('ul', {}, ...legend)),
      scrolled(drawing),
    ),
  ];
}

interface DrawnFeeder {
  readonly buses: readonly DrawnBus[];
  readonly branches: readonly DrawnBranch[];
  readonly source: string;
  readonly rows: number;
}

function drawnFeeder(
  { feeder, sites }: ScenarioRun['scenario']['simulated'],
  { voltagePu, currentA, branches }: WorstMoment,
): DrawnFeeder {
  const sitesAt = Map.groupBy(sites, ({ plant }) => plant.bus);
  const puAt = new Map(feeder.buses.map(({ id }, at) => [id, voltagePu[at] ?? Number.NaN]));
  const placed = feederLayout(feeder);
  const deepest = Math.max(1, ...placed.map(({ depth }) => depth));
  const buses = new Map(
    placed.map(({ id, depth, row }): [string, DrawnBus] => {
      const x = Math.round(LEFT + (depth / deepest) * (RIGHT - LEFT));
      const names = (sitesAt.get(id) ?? []).map(({ plant }) => plant.site);
      const pu = puAt.get(id) ?? Number.NaN;
      return [id, { id, pu, sites: names, place: { x, y: TOP + row * ROW } }];
    }),
  );
  // A branch of the tree is drawn from the bus that the other is reached from.
  const parents = new Map(placed.map(({ branch, parent }) => [branch, parent]));
  const drawn = branches.flatMap((branch, at): DrawnBranch[] => {
    const parent = parents.get(at);
    const ends = [buses.get(branch.from), buses.get(branch.to)] as const;
    const [from, to] = parent === branch.to ? [ends[1], ends[0]] : ends;
    if (from === undefined || to === undefined) return [];
    const isFed = !Number.isNaN(from.pu) && !Number.isNaN(to.pu);
    const state = stateOf(branch, currentA[at] ?? 0, isFed);
    const shape = { isTie: parent === undefined, from: from.place, to: to.place };
    return [{ id: branch.id, ...state, ...shape }];
  });
  const rows = 1 + Math.max(...placed.map(({ row }) => row));
  return { buses: [...buses.values()], branches: drawn, source: feeder.slack.bus, rows };
}

const apart = ({ pu }: DrawnBus): number => (Number.isNaN(pu) ? -1 : Math.abs(pu - 1));

/** What made it the worst moment. */
function reason(buses: readonly DrawnBus[], branches: readonly DrawnBranch[]): string {
  const dead = buses.filter(({ pu }) => Number.isNaN(pu)).length;
  if (dead > 0) return `${dead} of ${buses.length} buses without supply`;
  const farthest = buses.reduce((a, b) => (apart(b) > apart(a) ? b : a));
  const loaded = branches.reduce<DrawnBranch | null>(
    (a, b) => ((b.loading ?? 0) > (a?.loading ?? 0) ? b : a),
    null,
  );
  const percent = loaded?.loading ?? 0;
  return loaded !== null && percent / 100 > apart(farthest) / VOLTAGE_BAND_PU
    ? `branch ${loaded.id} carries ${percent.toFixed(0)} % of its rating`
    : `bus ${farthest.id} has ${farthest.pu.toFixed(4)} of the nominal voltage`;
}

function describe(buses: readonly DrawnBus[], branches: readonly DrawnBranch[]): string {
  const list = (named: readonly string[]): string =>
    named.length === 0 ? 'none' : named.join(', ');
  const outside = buses.filter(({ pu }) => bandOf(pu) === 'outside');
  const dead = buses.filter(({ pu }) => bandOf(pu) === 'dead');
  const loaded = branches.filter(({ state }) => state === 'high' || state === 'over');
  const open = branches.filter(({ state }) => state === 'open');
  return [
    `${buses.length} buses`,
    `farther than 10 % from the nominal voltage: ${list(outside.map(({ id, pu }) => `${id} ${pu.toFixed(4)}`))}`,
    `without supply: ${list(dead.map(({ id }) => id))}`,
    `branches over 80 % of their rating: ${list(loaded.map(({ id, loading }) => `${id} ${(loading ?? 0).toFixed(0)} %`))}`,
    `open: ${list(open.map(({ id }) => id))}`,
  ].join('; ');
}

/** What is abnormal comes first: it stays where there is no room for all. */
function labels(
  buses: readonly DrawnBus[],
  branches: readonly DrawnBranch[],
  source: string,
): Element[] {
  const farthest = buses.reduce((a, b) => (apart(b) > apart(a) ? b : a));
  const dead = buses.filter(({ pu }) => Number.isNaN(pu));
  const loaded = branches.toSorted((a, b) => (b.loading ?? 0) - (a.loading ?? 0));
  const said = `bus ${farthest.id}, ${farthest.pu.toFixed(4)}`;
  return placedLabels([
    ...dead.map((bus) => saidLabel(bus, WIDTH, 'no supply', 'said dead')),
    ...loaded.flatMap(branchLabel),
    ...(apart(farthest) < 0 ? [] : [saidLabel(farthest, WIDTH, said, 'said')]),
    ...buses
      .filter(({ id }) => id === source)
      .map((bus) => saidLabel(bus, WIDTH, 'source', 'said')),
    ...buses.flatMap((bus) => siteLabel(bus, WIDTH)),
  ]);
}
