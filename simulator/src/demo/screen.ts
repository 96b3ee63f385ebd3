import { styleText } from 'node:util';
import type { AgentView, CommandView } from '../live/adapters/operator.ts';
import type { PlantReport } from './plant-report.ts';

/** What the screen shows of one site. */
export interface SiteView {
  readonly site: string;
  readonly limitKw: number;
  readonly agent: AgentView | null;
  readonly command: CommandView | null;
}

export interface ScreenView {
  readonly plant: PlantReport;
  readonly sites: readonly SiteView[];
  /** The last words of the story. */
  readonly told: readonly string[];
}

/** What there is room for: no line reaches `columns`, and the story takes no more than `storyLines`. */
export interface ScreenSize {
  readonly columns: number;
  readonly storyLines: number;
}

type Style = 'bold' | 'dim' | 'yellow' | 'red';
/** Styles of `util.styleText`; a plain screen passes the text through. */
export type Paint = (style: Style, text: string) => string;
export const plainPaint: Paint = (_style, text) => text;
export const colourPaint: Paint = (style, text) =>
  styleText(style, text, { validateStream: false });

/** A part of a line and its style; null where it is plain. */
type Span = readonly [text: string, style: Style | null];

/** Everything but the bar takes this many columns; the bar takes what is left, up to its full length. */
const COLUMNS_WITHOUT_BAR = 91;
const BAR_CELLS = { min: 8, max: 24 };
/** A line of the story that is too long goes on below, further in. */
const CONTINUED = '    ';

/**
 * The feeder as a block of lines: grey when normal, marked as well as coloured when not. The table is cut at its
 * least important end, the story is wrapped.
 */
export function drawScreen(view: ScreenView, size: ScreenSize, paint: Paint): readonly string[] {
  const { plant } = view;
  const { columns, storyLines } = size;
  const barCells = barCellsFor(columns);
  const limit = barCells === 0 ? '15 min  ' : '15 min mean, of limit'.padEnd(barCells + 9);
  const head: readonly Span[][] = [
    [[`Baran & Wu 33-bus feeder   ${clockTime(plant.tMs)}`, 'bold']],
    [[feederLine(plant), null]],
    [],
    [
      [
        `site        import kW  ${limit} battery kW  charge  link    last command        model`,
        'dim',
      ],
    ],
  ];
  const told = view.told.flatMap((line, at): Span[] => {
    const style = at === view.told.length - 1 ? null : 'dim';
    return wrap(line, columns).map((text) => [text, style]);
  });
  const lines = [
    ...head,
    ...view.sites.map((site) => siteLine(site, plant, barCells)),
    [],
    ...told.slice(-storyLines).map((span) => [span]),
  ];
  return lines.map((spans) => drawLine(spans, columns, paint));
}

function feederLine({ importKw, peakImportKw, minVoltage }: PlantReport): string {
  const peak = peakImportKw === null ? 'not over yet' : kw(peakImportKw);
  const lowest = `${minVoltage.pu.toFixed(4)} pu at bus ${minVoltage.bus}`;
  return `import ${kw(importKw)}   highest quarter hour ${peak}   lowest ${lowest}`;
}

function siteLine(view: SiteView, plant: PlantReport, barCells: number): readonly Span[] {
  const site = plant.sites.find((one) => one.site === view.site);
  if (site === undefined) return [[view.site, null]];
  const { agent, command } = view;
  const share = site.quarterHourKw / view.limitKw;
  const over = share > 1;
  const bar = barCells === 0 ? '' : `${drawBar(share, barCells)} `;
  const percent = `${(share * 100).toFixed(0).padStart(4)} %${over ? ' !' : '  '}`;
  const charge = `${(site.stateOfCharge * 100).toFixed(0)} %`;
  const linked = agent?.link === 'present';
  const link = linked ? 'linked' : `${(agent?.link ?? 'unheard').toUpperCase()} !`;
  const last = command === null ? '–' : `${command.id.slice(0, 8)} ${command.state}`;
  return [
    [`${view.site.padEnd(11)} ${site.importKw.toFixed(0).padStart(9)}  `, null],
    [`${bar}${percent}`, over ? 'yellow' : null],
    [` ${signed(site.batteryKw).padStart(10)}  ${charge.padStart(6)}  `, null],
    [link.padEnd(6), linked ? null : 'red'],
    [`  ${last.padEnd(18)}  ${agent?.reported?.model?.slice(0, 8) ?? 'rule'}`, null],
  ];
}

function barCellsFor(columns: number): number {
  const cells = Math.min(BAR_CELLS.max, columns - COLUMNS_WITHOUT_BAR);
  return cells < BAR_CELLS.min ? 0 : cells;
}

function drawBar(share: number, cells: number): string {
  const filled = Math.round(Math.min(Math.max(share, 0), 1) * cells);
  return `${'█'.repeat(filled)}${'·'.repeat(cells - filled)}`;
}

/** One column stays free: a terminal that is full to the edge may wrap by itself, and lines are counted. */
function drawLine(spans: readonly Span[], columns: number, paint: Paint): string {
  let room = columns - 1;
  return spans
    .map(([text, style]) => {
      const shown = text.slice(0, room);
      room -= shown.length;
      return style === null || shown === '' ? shown : paint(style, shown);
    })
    .join('');
}

/** Breaks a line at spaces; a word that is longer than a line is broken anywhere. */
function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length >= columns) {
    const space = rest.lastIndexOf(' ', columns - 1);
    const at = space > CONTINUED.length ? space : columns - 1;
    lines.push(rest.slice(0, at));
    rest = `${CONTINUED}${rest.slice(at).trimStart()}`;
  }
  return [...lines, rest];
}

function signed(powerKw: number): string {
  return `${powerKw >= 0.05 ? '+' : ''}${powerKw.toFixed(1)}`;
}

function kw(powerKw: number): string {
  return `${Math.round(powerKw)} kW`;
}

/** Simulated time of day, UTC. */
export function clockTime(tMs: number): string {
  const seconds = Math.floor(tMs / 1_000) % 86_400;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${two(seconds / 3_600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
}
