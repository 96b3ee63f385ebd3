import { clock } from '../../scenario/clock.ts';
import type { ScenarioRun } from '../../scenario/run-scenario.ts';
import { scrolled } from './chart-frame.ts';
import { type Element, element } from './element.ts';
import { feederLayout, type PlacedBus } from './feeder-layout.ts';

/** Of a larger feeder nothing could be told apart. */
const BUSES_MAX = 200;
const [WIDTH, LEFT, RIGHT, TOP, ROW] = [960, 24, 924, 34, 54];

/** How far a voltage may lie from the nominal one: ±10 % by EN 50160; within ±5 % nobody looks twice. */
const [OUTSIDE_PU, REDUCED_PU] = [0.1, 0.05];
type Band = 'nominal' | 'reduced' | 'outside';

/** The feeder as a diagram of one line, at the moment at which its lowest voltage was lowest. */
export function feederDiagram({ scenario, chronicle }: ScenarioRun): Element[] {
  const { feeder, sites } = scenario.simulated;
  const { lowest } = chronicle;
  if (lowest === null || feeder.buses.length > BUSES_MAX) return [];
  const siteAt = new Map(sites.map(({ plant }) => [plant.bus, plant.site]));
  const puAt = new Map(feeder.buses.map(({ id }, at) => [id, lowest.voltagePu[at] ?? Number.NaN]));
  const placed = feederLayout(feeder);
  const deepest = Math.max(1, ...placed.map(({ depth }) => depth));
  const rows = 1 + Math.max(...placed.map(({ row }) => row));
  const places = new Map(
    placed.map(({ id, depth, row }): [string, Place] => {
      return [id, { x: Math.round(LEFT + (depth / deepest) * (RIGHT - LEFT)), y: TOP + row * ROW }];
    }),
  );
  const worst = placed.reduce((a, b) => (puAt.get(b.id)! < puAt.get(a.id)! ? b : a));
  const title = `Voltages at ${clock(lowest.atMs)}, when the lowest was lowest`;
  const voltages = placed.map(({ id }) => puAt.get(id)!);
  const buses = placed.flatMap(({ id, parent }) => {
    const pu = puAt.get(id)!;
    const said = id === worst.id ? `bus ${id}, ${pu.toFixed(4)}` : parent === null ? 'source' : '';
    return busMark(places.get(id)!, pu, siteAt.get(id) ?? null, said);
  });
  const drawing = element(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${TOP + rows * ROW - 16}`, role: 'img', class: 'chart' },
    element('title', {}, title),
    element('desc', {}, describe(placed, puAt)),
    ...placed.flatMap((bus) => wire(bus, places)),
    ...buses,
  );
  return [
    element(
      'figure',
      {},
      element('figcaption', {}, element('h3', {}, title), element('ul', {}, ...legend(voltages))),
      scrolled(drawing),
    ),
  ];
}

interface Place {
  readonly x: number;
  readonly y: number;
}

function bandOf(pu: number): Band {
  const apart = Math.abs(pu - 1);
  if (apart > OUTSIDE_PU) return 'outside';
  return apart > REDUCED_PU ? 'reduced' : 'nominal';
}

function describe(placed: readonly PlacedBus[], puAt: ReadonlyMap<string, number>): string {
  const outside = placed.filter(({ id }) => bandOf(puAt.get(id)!) === 'outside');
  const named = outside.map(({ id }) => `${id} ${puAt.get(id)!.toFixed(4)}`);
  const said = named.length === 0 ? 'none' : named.join(', ');
  return `${placed.length} buses; farther than 10 % from the nominal voltage: ${said}`;
}

function wire({ id, parent }: PlacedBus, places: ReadonlyMap<string, Place>): Element[] {
  if (parent === null) return [];
  const [from, to] = [places.get(parent)!, places.get(id)!];
  // Down at the bus where a row begins, and then along the row.
  const d = `M${from.x} ${from.y}V${to.y}H${to.x}`;
  return [element('path', { d, class: 'wire', fill: 'none', stroke: 'currentColor' })];
}

/** A site is a square and a bus without one a circle; a voltage outside of its band is a triangle that points where. */
function busMark({ x, y }: Place, pu: number, site: string | null, said: string): Element[] {
  const label = (words: string, dy: number, name: string): Element => {
    const anchor = x > RIGHT - 60 ? 'end' : x < LEFT + 60 ? 'start' : 'middle';
    const at = { x: anchor === 'end' ? x + 8 : anchor === 'start' ? x - 8 : x, y: y + dy };
    const look = { 'font-size': 12, fill: 'currentColor', class: name, 'text-anchor': anchor };
    return element('text', { ...at, ...look }, words);
  };
  return [
    mark({ x, y }, pu, site !== null),
    ...(site === null ? [] : [label(site, -12, 'site-name')]),
    ...(said === '' ? [] : [label(said, 22, 'said')]),
  ];
}

function mark({ x, y }: Place, pu: number, isSite: boolean): Element {
  const d = `M${x} ${y}${shapeOf(pu, isSite)}`;
  return element('path', { d, class: `bus ${bandOf(pu)}`, stroke: 'currentColor' });
}

function shapeOf(pu: number, isSite: boolean): string {
  if (bandOf(pu) === 'outside') return pu < 1 ? 'm-7 -6h14l-7 13z' : 'm-7 6h14l-7 -13z';
  return isSite ? 'm-6 -6h12v12h-12z' : 'm-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z';
}

/** Of the bands that there are: where all is normal, no colour stands in the legend either. */
function legend(voltages: readonly number[]): Element[] {
  const isThere = (test: (pu: number) => boolean): boolean => voltages.some(test);
  return [
    legendEntry('within 5 % of the nominal voltage', 1, false),
    ...(isThere((pu) => bandOf(pu) === 'reduced') ? [legendEntry('within 10 %', 0.93, false)] : []),
    ...(isThere((pu) => pu < 1 - OUTSIDE_PU) ? [legendEntry('lower', 0.8, false)] : []),
    ...(isThere((pu) => pu > 1 + OUTSIDE_PU) ? [legendEntry('higher', 1.2, false)] : []),
    legendEntry('a site', 1, true),
  ];
}

function legendEntry(words: string, pu: number, isSite: boolean): Element {
  const frame = { viewBox: '0 0 16 16', width: 16, height: 16, 'aria-hidden': 'true' };
  return element('li', {}, element('svg', frame, mark({ x: 8, y: 8 }, pu, isSite)), ` ${words}`);
}
