import { clock } from '../../scenario/clock.ts';
import type { ScenarioRun } from '../../scenario/run-scenario.ts';
import {
  eventMarks,
  type Mark,
  PLOT,
  round,
  type Setting,
  scrolled,
  text,
  timeAxis,
} from './chart-frame.ts';
import { type Element, element } from './element.ts';
import { LANES_MAX, type Lane, lanesOf, type Stretch } from './lane-model.ts';
import { type Scale, timeScale } from './scale.ts';

const [WIDTH, TOP, ROW] = [960, 26, 52];
/** About that of a sign, to know which words fit beside each other. */
const SIGN_WIDTH = 7;

/** What became of orders, links and alarms, above each other over simulated time. Empty where there were none. */
export function laneFigure(
  run: ScenarioRun,
  marks: readonly Mark[],
  setting: Setting,
): readonly Element[] {
  const all = lanesOf(run);
  const lanes = all.slice(0, LANES_MAX);
  if (lanes.length === 0) return [];
  const x = timeScale(setting.durationMs, PLOT.left, PLOT.right);
  const bottom = TOP + lanes.length * ROW + 6;
  const drawing = element(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${bottom + 48}`, role: 'img', class: 'chart' },
    element('title', {}, 'Orders, links and alarms'),
    element('desc', {}, lanes.map(describe).join('; ')),
    ...timeAxis(x, bottom, setting.timeAxis),
    ...eventMarks(marks, x, bottom),
    ...lanes.flatMap((lane, row) => laneParts(lane, TOP + row * ROW, x)),
  );
  const left = all.length - lanes.length;
  const heading = element('h3', {}, 'Orders, links and alarms, as the control plane hears of them');
  return [
    element('figure', {}, element('figcaption', {}, heading), scrolled(drawing)),
    ...(left > 0 ? [element('p', {}, `${left} more are not drawn.`)] : []),
  ];
}

function describe({ name, stretches }: Lane): string {
  const told = stretches.map(({ words, fromMs }) => `${words} from ${clock(fromMs)}`);
  return `${name}: ${told.join(', ')}`;
}

/** Its name; under it what it was, of the longest stretches first; under that for how long. */
function laneParts({ name, stretches }: Lane, top: number, x: Scale): Element[] {
  const taken: { from: number; to: number }[] = [];
  const byLength = stretches.toSorted((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs));
  const words = byLength.flatMap((stretch) => {
    const said = sign(stretch);
    const width = (said.length + 1) * SIGN_WIDTH;
    const from = Math.min(round(x.at(stretch.fromMs)), round(PLOT.right - width));
    if (taken.some((one) => from < one.to && one.from < from + width)) return [];
    taken.push({ from, to: from + width });
    return [text(said, { x: from, y: top + 32, class: `lane-words ${stretch.tone}` })];
  });
  return [
    text(name, { x: PLOT.left, y: top + 14, class: 'lane-name' }),
    ...stretches.map((stretch) => bar(stretch, top + 42, x)),
    ...words,
  ];
}

/** What is abnormal has a sign besides its colour. */
function sign({ words, tone }: Stretch): string {
  return tone === 'abnormal' ? `✗ ${words}` : words;
}

function bar({ fromMs, toMs, tone }: Stretch, y: number, x: Scale): Element {
  const [from, to] = [round(x.at(fromMs)), round(x.at(toMs))];
  const d = `M${from} ${y}H${Math.max(to, from + 1)}`;
  return element('path', { d, class: `bar ${tone}`, fill: 'none', stroke: 'currentColor' });
}
