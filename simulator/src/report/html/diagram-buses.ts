import { VOLTAGE_BAND_PU } from '../../scenario/worst-moment.ts';
import type { Label } from './diagram-labels.ts';
import { type Element, element } from './element.ts';

/** Within ±5 % of the nominal voltage nobody looks twice. */
const REDUCED_PU = 0.05;
type Band = 'nominal' | 'reduced' | 'outside' | 'dead';

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface DrawnBus {
  readonly id: string;
  /** Per unit; NaN where nothing feeds it. */
  readonly pu: number;
  readonly sites: readonly string[];
  readonly place: Place;
}

export function bandOf(pu: number): Band {
  if (Number.isNaN(pu)) return 'dead';
  const apart = Math.abs(pu - 1);
  if (apart > VOLTAGE_BAND_PU) return 'outside';
  return apart > REDUCED_PU ? 'reduced' : 'nominal';
}

/**
 * A site is a square and a bus without one a circle; a voltage outside of its band is a triangle that points where, and
 * what nothing feeds a cross.
 */
export function busMark({ id, pu, sites, place }: DrawnBus): Element {
  const voltage = bandOf(pu) === 'dead' ? 'no supply' : `${pu.toFixed(4)} per unit`;
  const told = [`bus ${id}`, voltage, ...sites].join(', ');
  return mark(place, pu, sites.length > 0, element('title', {}, told));
}

function mark({ x, y }: Place, pu: number, isSite: boolean, ...inside: Element[]): Element {
  const d = `M${x} ${y}${shapeOf(pu, isSite)}`;
  return element('path', { d, class: `bus ${bandOf(pu)}`, stroke: 'currentColor' }, ...inside);
}

function shapeOf(pu: number, isSite: boolean): string {
  const band = bandOf(pu);
  if (band === 'dead') return 'm-6 -6l12 12m0 -12l-12 12';
  if (band === 'outside') return pu < 1 ? 'm-7 -6h14l-7 13z' : 'm-7 6h14l-7 -13z';
  return isSite ? 'm-6 -6h12v12h-12z' : 'm-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z';
}

/** Above it whose it is. */
export function siteLabel({ sites, place }: DrawnBus, width: number): Label[] {
  const [only, ...others] = sites;
  if (only === undefined) return [];
  const words = others.length === 0 ? only : `${sites.length} sites`;
  return [labelAt(place, width, -12, words, 'site-name')];
}

/** Below it, under what is said of a branch. */
export function saidLabel({ place }: DrawnBus, width: number, words: string, look: string): Label {
  return labelAt(place, width, 28, words, look);
}

/** Within the drawing, whose width is given. */
function labelAt({ x, y }: Place, width: number, dy: number, words: string, look: string): Label {
  const anchor = x > width - 96 ? 'end' : x < 84 ? 'start' : 'middle';
  const at = x + { start: -8, middle: 0, end: 8 }[anchor];
  return { words, x: at, y: y + dy, anchor, look };
}

/** Of the bands that there are: where all is normal, no colour stands in the legend either. */
export function busLegend(buses: readonly DrawnBus[]): Element[] {
  const isThere = (test: (pu: number) => boolean): boolean => buses.some(({ pu }) => test(pu));
  const entries: readonly (readonly [string, boolean, number])[] = [
    ['within 5 % of the nominal voltage', true, 1],
    ['within 10 %', isThere((pu) => bandOf(pu) === 'reduced'), 0.93],
    ['lower', isThere((pu) => pu < 1 - VOLTAGE_BAND_PU), 0.8],
    ['higher', isThere((pu) => pu > 1 + VOLTAGE_BAND_PU), 1.2],
    ['no supply', isThere(Number.isNaN), Number.NaN],
  ];
  return [
    ...entries.flatMap(([words, isShown, pu]) => (isShown ? [legendEntry(words, pu, false)] : [])),
    legendEntry('a site', 1, true),
  ];
}

function legendEntry(words: string, pu: number, isSite: boolean): Element {
  const frame = { viewBox: '0 0 16 16', width: 16, height: 16, 'aria-hidden': 'true' };
  return element('li', {}, element('svg', frame, mark({ x: 8, y: 8 }, pu, isSite)), ` ${words}`);
}
