import { clock } from '../../scenario/clock.ts';
import { type Element, element } from './element.ts';
import type { Scale } from './scale.ts';

/** What all charts of a page have in common. */
export interface Setting {
  readonly durationMs: number;
  readonly intervalMs: number;
  /** In words: `time after 2026-03-03 18:00 UTC`. */
  readonly timeAxis: string;
}

/** A numbered vertical line. */
export interface Mark {
  readonly atMs: number;
  readonly number: number;
}

/** Where the time axis of every drawing lies, and the plot of a chart. */
export const PLOT = { left: 64, right: 948, top: 26, bottom: 188 };
/** Marks nearer than this share a number; wide enough for `10–12`. */
const NUMBER_WIDTH = 30;

/** On a narrow window a drawing keeps a size at which it can be read, and is scrolled where it stands. */
export function scrolled(drawing: Element): Element {
  return element('div', { class: 'scrolled' }, drawing);
}

/** Ticks under a drawing that ends at `bottom`, and what they count. */
export function timeAxis(x: Scale, bottom: number, words: string): Element[] {
  const columns = x.ticks.flatMap((ms) => {
    const at = round(x.at(ms));
    const anchor = at > PLOT.right - 20 ? 'end' : 'middle';
    return [
      path(`M${at} ${bottom}v4`, 'grid'),
      text(clock(ms), { x: at, y: bottom + 18, 'text-anchor': anchor }),
    ];
  });
  return [...columns, text(words, { x: PLOT.right, y: bottom + 36, 'text-anchor': 'end' })];
}

/** Vertical lines; above them the numbers of the list of events, of those close together as one. */
export function eventMarks(marks: readonly Mark[], x: Scale, bottom: number): Element[] {
  const groups: { at: number; first: number; last: number }[] = [];
  for (const { atMs, number } of marks) {
    const at = round(x.at(atMs));
    const group = groups.at(-1);
    if (group !== undefined && at - group.at < NUMBER_WIDTH) group.last = number;
    else groups.push({ at, first: number, last: number });
  }
  return [
    ...marks.map(({ atMs }) => path(`M${round(x.at(atMs))} ${PLOT.top}V${bottom}`, 'event')),
    ...groups.map(({ at, first, last }) =>
      text(first === last ? `${first}` : `${first}–${last}`, {
        ...{ x: at, y: PLOT.top - 6, 'text-anchor': 'middle', class: 'event-number' },
      }),
    ),
  ];
}

/** Where the stylesheet is missing, a line in the colour of the text. */
export function path(d: string, tone: string): Element {
  return element('path', { d, class: tone, fill: 'none', stroke: 'currentColor' });
}

export function text(
  words: string,
  attributes: Readonly<Record<string, string | number>>,
): Element {
  return element('text', { 'font-size': 12, fill: 'currentColor', ...attributes }, words);
}

export function round(place: number): number {
  return Number(place.toFixed(1));
}
