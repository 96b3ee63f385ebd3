import type { Series } from '../../scenario/chronicle.ts';
import {
  eventMarks,
  type Mark,
  PLOT,
  path,
  round,
  type Setting,
  text,
  timeAxis,
} from './chart-frame.ts';
import type { Chart, Limit, Line } from './chart-model.ts';
import { type Element, element } from './element.ts';
import { type Scale, timeScale, valueScale } from './scale.ts';

const [WIDTH, HEIGHT] = [960, 232];

interface Frame {
  readonly x: Scale;
  readonly y: Scale;
  readonly intervalMs: number;
}

/**
 * A chart as SVG without script and without style: colours come from classes, and where there is no stylesheet, from
 * the text around it.
 */
export function chartSvg(chart: Chart, marks: readonly Mark[], setting: Setting): Element {
  const { durationMs, intervalMs } = setting;
  const bounds = chart.limits.flatMap(({ min, max }) => [min, max]).filter(Number.isFinite);
  const values = chart.lines.flatMap(({ points }) => points.filter((one) => one !== null));
  const frame: Frame = {
    x: timeScale(durationMs, PLOT.left, PLOT.right),
    y: valueScale([...chart.shown, ...bounds, ...values], PLOT.bottom, PLOT.top),
    intervalMs,
  };
  return element(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', class: 'chart' },
    element('title', {}, `${chart.title}, ${chart.unit}`),
    element('desc', {}, describe(chart)),
    ...axes(frame, chart.unit, setting.timeAxis),
    ...eventMarks(marks, frame.x, PLOT.bottom),
    ...chart.lines.map((line) => path(linePath(line.points, frame), line.tone)),
    ...chart.limits.flatMap((limit) => limitLines(limit, frame)),
    ...chart.limits.flatMap((limit) => abnormal(limit, chart, frame)),
  );
}

function describe({ lines, limits, unit }: Chart): string {
  const ranges = lines.map(({ name, points }) => {
    const seen = points.filter((one) => one !== null);
    if (seen.length === 0) return `${name}: no value`;
    const [low, high] = [Math.min(...seen), Math.max(...seen)];
    return `${name}: ${short(low)} to ${short(high)} ${unit}`;
  });
  return [...ranges, ...limits.map(({ name }) => name)].join('; ');
}

function axes({ x, y }: Frame, unit: string, words: string): Element[] {
  const { left, right, top, bottom } = PLOT;
  const rows = y.ticks.flatMap((value) => {
    const at = round(y.at(value));
    const tone = value === 0 ? 'grid zero' : 'grid';
    const label = value.toFixed(y.digits).replace('-', '−');
    return [
      path(`M${left} ${at}H${right}`, tone),
      text(label, { x: left - 8, y: at + 4, 'text-anchor': 'end' }),
    ];
  });
  return [
    ...rows,
    text(unit, { x: left - 8, y: top - 12, 'text-anchor': 'end' }),
    ...timeAxis(x, bottom, words),
  ];
}

function limitLines({ min, max, fromMs, toMs, tone, broken }: Limit, { x, y }: Frame): Element[] {
  const [from, to] = [round(x.at(fromMs)), round(x.at(toMs))];
  return [min, max].filter(Number.isFinite).map((value) => {
    return path(`M${from} ${round(y.at(value))}H${to}`, broken === null ? tone : `${tone} broken`);
  });
}

/** The part of a line that lies outside of a limit, drawn over it, and its worst point by a sign and in words. */
function abnormal(limit: Limit, { lines, limits }: Chart, frame: Frame): Element[] {
  const line = lines.find((one) => one.quantity === limit.quantity && one.tone !== 'idle');
  if (line === undefined) return [];
  const outside = outsideOf(line, limit, frame.intervalMs);
  const drawn = path(linePath(outside, frame), 'abnormal');
  // One sign is enough where an expectation speaks of the same line.
  const told = limits.some((one) => one.broken !== null && one.quantity === limit.quantity);
  const worst = limit.broken === null && told ? null : worstOf(limit, line, outside, frame);
  return worst === null ? [drawn] : [drawn, ...sign(worst, frame)];
}

function outsideOf({ points }: Line, limit: Limit, intervalMs: number): Series {
  return points.map((value, at) => {
    const ms = (at + 0.5) * intervalMs;
    const inside = value === null || (value >= limit.min && value <= limit.max);
    return inside || ms < limit.fromMs || ms > limit.toMs ? null : value;
  });
}

interface Worst {
  readonly atMs: number;
  readonly value: number;
  readonly words: string;
}

/** A broken expectation knows when it was worst, to the second; else it is the farthest point outside. */
function worstOf(limit: Limit, line: Line, outside: Series, { intervalMs }: Frame): Worst | null {
  const { broken, min, max } = limit;
  if (broken !== null) {
    if (broken.atMs === null) return null;
    const point = line.points[Math.floor(broken.atMs / intervalMs)] ?? null;
    const value = point ?? (Number.isFinite(max) ? max : min);
    return { atMs: broken.atMs, value, words: broken.seen };
  }
  const beyond = outside.map((value) => (value === null ? 0 : Math.max(value - max, min - value)));
  const farthest = beyond.reduce((best, value, at) => (value > (beyond[best] ?? 0) ? at : best), 0);
  const value = outside[farthest] ?? null;
  const atMs = (farthest + 0.5) * intervalMs;
  return value === null ? null : { atMs, value, words: `${short(value)} is over the limit` };
}

function sign({ atMs, value, words }: Worst, { x, y }: Frame): Element[] {
  const [at, height] = [round(x.at(atMs)), round(y.at(value))];
  const isRight = at > (PLOT.left + PLOT.right) / 2;
  const beside = isRight ? { x: at - 10, 'text-anchor': 'end' } : { x: at + 10 };
  const below = height < PLOT.top + 16 ? height + 20 : height - 11;
  return [
    path(`M${at - 5} ${height - 5}l10 10m0 -10l-10 10`, 'sign'),
    text(`✗ ${words}`, { ...beside, y: below, class: 'sign-words' }),
  ];
}

/** Through the middle of each point's interval, with a gap where there is no value. */
function linePath(points: Series, { x, y, intervalMs }: Frame): string {
  let isPen = false;
  const parts = points.map((value, at) => {
    const stroke = isPen ? 'L' : 'M';
    isPen = value !== null;
    if (value === null) return '';
    const place = `${round(x.at((at + 0.5) * intervalMs))} ${round(y.at(value))}`;
    // A point between two gaps is a dot, not nothing.
    return stroke === 'M' ? `M${place}h0` : `L${place}`;
  });
  return parts.join('');
}

function short(value: number): string {
  return `${Number(value.toPrecision(5))}`;
}
