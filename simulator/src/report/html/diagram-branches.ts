import type { Feeder } from '@tieline/grid';
import type { Place } from './diagram-buses.ts';
import type { Label } from './diagram-labels.ts';
import { type Element, element } from './element.ts';

/** From here on a person wants the number. */
const HIGH_PERCENT = 80;
const FULL_PERCENT = 100;
type State = 'normal' | 'high' | 'over' | 'dead' | 'open';

export interface DrawnBranch {
  readonly id: string;
  readonly state: State;
  /** % of its rating; null where it has none. */
  readonly loading: number | null;
  readonly currentA: number;
  /** Of a branch that closes a loop: it is drawn as a bow beside the tree. */
  readonly isTie: boolean;
  readonly from: Place;
  readonly to: Place;
}

/** @param isFed  whether both its buses are */
export function stateOf(
  { closed, ratedA }: Feeder['branches'][number],
  currentA: number,
  isFed: boolean,
): Pick<DrawnBranch, 'state' | 'loading' | 'currentA'> {
  const loading = ratedA === undefined ? null : (currentA / ratedA) * 100;
  if (closed === false) return { state: 'open', loading, currentA };
  if (!isFed) return { state: 'dead', loading, currentA };
  const percent = loading ?? 0;
  const state = percent > FULL_PERCENT ? 'over' : percent > HIGH_PERCENT ? 'high' : 'normal';
  return { state, loading, currentA };
}

/** A line that is thicker the nearer it is to its rating; an open one is broken, with an empty diamond in its middle. */
export function branchMark(branch: DrawnBranch): Element[] {
  const { state, isTie } = branch;
  const title = element('title', {}, told(branch));
  const look = `wire ${state}${isTie ? ' tie' : ''}`;
  const line = element('path', { d: lineOf(branch), class: look, ...STROKE }, title);
  return state === 'open' ? [line, diamond(middleOf(branch))] : [line];
}

const STROKE = { fill: 'none', stroke: 'currentColor' };

function told({ id, state, loading, currentA }: DrawnBranch): string {
  if (state === 'open' || state === 'dead') {
    return `branch ${id}, ${state === 'open' ? 'open' : 'no supply'}`;
  }
  const share = loading === null ? 'no rating' : `${loading.toFixed(0)} % of its rating`;
  return `branch ${id}, ${currentA.toFixed(1)} A, ${share}`;
}

function lineOf({ from, to, isTie }: DrawnBranch): string {
  // Down at the bus where a row begins, and then along the row.
  if (!isTie) return `M${from.x} ${from.y}V${to.y}H${to.x}`;
  const bend = bendOf(from, to);
  return `M${from.x} ${from.y}Q${bend.x} ${bend.y} ${to.x} ${to.y}`;
}

/** How far a bow of a tie leaves the straight way, as a part of it, so that it passes beside the buses of a row. */
const [BEND, BEND_MAX] = [0.16, 44];

function bendOf(from: Place, to: Place): Place {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.max(1, Math.hypot(dx, dy));
  const away = Math.min(BEND_MAX, Math.max(24, length * BEND));
  // To the side on which the lower rows lie.
  const side = dx >= 0 ? 1 : -1;
  return {
    x: Math.round((from.x + to.x) / 2 - (side * away * dy) / length),
    y: Math.round((from.y + to.y) / 2 + (side * away * dx) / length),
  };
}

function middleOf({ from, to, isTie }: DrawnBranch): Place {
  if (!isTie) return { x: (from.x + to.x) / 2, y: to.y };
  const bend = bendOf(from, to);
  const on = (a: number, b: number, c: number): number => Math.round(a / 4 + b / 2 + c / 4);
  return { x: on(from.x, bend.x, to.x), y: on(from.y, bend.y, to.y) };
}

function diamond({ x, y }: Place): Element {
  return element('path', { d: `M${x} ${y}m-5 0l5 -5l5 5l-5 5z`, class: 'gap', ...STROKE });
}

/** Where a person wants the number, and a sign before it: colour is not enough. An open way to a bus is said so. */
export function branchLabel(branch: DrawnBranch): Label[] {
  const { state, loading, isTie } = branch;
  const { x, y } = middleOf(branch);
  const label = (words: string): Label[] => {
    return [{ words, x, y: y + 16, anchor: 'middle', look: `loading ${state}` }];
  };
  const percent = `${(loading ?? 0).toFixed(0)} %`;
  if (state === 'over') return label(`✗ ${percent}`);
  if (state === 'high') return label(`▲ ${percent}`);
  return state === 'open' && !isTie ? label('open') : [];
}

/** Of the states that there are. */
export function branchLegend(branches: readonly DrawnBranch[]): Element[] {
  const entries: readonly (readonly [State, string])[] = [
    ['high', `▲ over ${HIGH_PERCENT} % of its rating`],
    ['over', '✗ over its rating'],
    ['open', 'open'],
  ];
  const there = new Set(branches.map(({ state }) => state));
  return entries.flatMap(([state, words]) => (there.has(state) ? [legendEntry(state, words)] : []));
}

function legendEntry(state: State, words: string): Element {
  const frame = { viewBox: '0 0 26 16', width: 26, height: 16, 'aria-hidden': 'true' };
  const line = element('path', { d: 'M0 8H26', class: `wire ${state}`, ...STROKE });
  const parts = state === 'open' ? [line, diamond({ x: 13, y: 8 })] : [line];
  return element('li', {}, element('svg', frame, ...parts), ` ${words}`);
}
