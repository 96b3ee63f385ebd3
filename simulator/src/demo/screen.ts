import { styleText } from 'node:util';
import type { PlantReport } from '../live/plant-report.ts';
import type { AgentView, CommandView } from './adapters/operator.ts';

/** What the screen shows of one site. */
export interface SiteView {
  readonly site: string;
  readonly limitKw: number;
  readonly agent: AgentView | null;
  readonly command: CommandView | null;
}

export interface ScreenView {
  readonly plant: PlantReport | null;
  readonly sites: readonly SiteView[];
  /** The last words of the story. */
  readonly told: readonly string[];
}

/** Styles of `util.styleText`; a plain screen passes the text through. */
export type Paint = (style: 'bold' | 'dim' | 'yellow' | 'red' | 'cyan', text: string) => string;
export const plainPaint: Paint = (_style, text) => text;
export const colourPaint: Paint = (style, text) =>
  styleText(style, text, { validateStream: false });

const BAR_CELLS = 24;

/** The feeder as a block of lines: grey when normal, marked as well as coloured when not. */
export function drawScreen(view: ScreenView, paint: Paint): readonly string[] {
  const { plant } = view;
  if (plant === null) return ['waiting for the plant …'];
  const head = [
    paint('bold', `Baran & Wu 33-bus feeder   ${clockTime(plant.tMs)}`),
    `import ${kw(plant.importKw)}   highest quarter hour ${plant.peakImportKw === null ? 'not over yet' : kw(plant.peakImportKw)}   ` +
      `lowest ${plant.minVoltage.pu.toFixed(4)} pu at bus ${plant.minVoltage.bus}`,
    '',
    paint(
      'dim',
      'site          import kW   of its limit                      battery kW   charge  model     link      last command',
    ),
  ];
  return [
    ...head,
    ...view.sites.map((site) => drawSite(site, plant, paint)),
    '',
    ...view.told.map((line, at) => (at === view.told.length - 1 ? line : paint('dim', line))),
  ];
}

function drawSite(view: SiteView, plant: PlantReport, paint: Paint): string {
  const site = plant.sites.find((one) => one.site === view.site);
  if (site === undefined) return view.site;
  const share = site.importKw / view.limitKw;
  const over = share > 1;
  const bar = `${drawBar(share)} ${(share * 100).toFixed(0).padStart(4)} %${over ? ' !' : '  '}`;
  const model = view.agent?.reported?.model?.slice(0, 8) ?? 'rule';
  const link = view.agent?.link ?? 'unheard';
  const linkText = link === 'present' ? 'linked  ' : `${link.toUpperCase()} !`.padEnd(8);
  return [
    view.site.padEnd(12),
    site.importKw.toFixed(0).padStart(9),
    `  ${over ? paint('yellow', bar) : bar}`,
    signed(site.batteryKw).padStart(9),
    `${(site.stateOfCharge * 100).toFixed(0)} %`.padStart(8),
    ` ${model.padEnd(9)}`,
    link === 'present' ? linkText : paint('red', linkText),
    ` ${view.command === null ? '–' : `${view.command.id.slice(0, 8)} ${view.command.state}`}`,
  ].join(' ');
}

function drawBar(share: number): string {
  const filled = Math.round(Math.min(Math.max(share, 0), 1) * BAR_CELLS);
  return `${'█'.repeat(filled)}${'·'.repeat(BAR_CELLS - filled)}`;
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
