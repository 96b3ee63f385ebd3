import { QUARTER_HOUR_MS } from '@tieline/kernel';
import type { Chronicle, Series } from '../../scenario/chronicle.ts';
import type { Outcome } from '../../scenario/expectations.ts';
import type { RunReport, ScenarioRun } from '../../scenario/run-scenario.ts';
import type { BoundExpectation } from '../../scenario/scenario-file.ts';
import { outages } from './lane-model.ts';

export interface Line {
  readonly name: string;
  readonly quantity: string;
  readonly tone: 'own' | 'idle' | 'quarter';
  readonly points: Series;
}

/** What a line of a chart must not pass, from a time to a time (ms after the scenario began). */
export interface Limit {
  readonly name: string;
  readonly tone: 'limit' | 'expected';
  readonly quantity: string;
  readonly min: number;
  readonly max: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Of a broken expectation: what was seen, in words, and when. */
  readonly broken: { readonly seen: string; readonly atMs: number | null } | null;
}

export interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly Line[];
  readonly limits: readonly Limit[];
  /** Values that the axis shows, whatever the lines do. */
  readonly shown: readonly number[];
}

/** Charts of the feeder, or of one site. */
export interface ChartGroup {
  readonly owner: string;
  readonly charts: readonly Chart[];
}

/** As many sites as a page can carry; the others are in `run.json`. */
export const SITES_MAX = 32;

export function chartGroups(run: ScenarioRun): readonly ChartGroup[] {
  const { scenario, report, chronicle } = run;
  const limits = scenario.expect.flatMap((one, index) =>
    'that' in one ? [expectedLimit(one, report.expectations[index], report.durationMs)] : [],
  );
  const sites = report.sites.slice(0, SITES_MAX);
  const drawn = [
    { owner: 'feeder', charts: feederCharts(chronicle) },
    ...sites.map((site) => ({ owner: site.site, charts: siteCharts(chronicle, site, report) })),
  ];
  return drawn.map(({ owner, charts }) => ({
    owner,
    charts: [...charts, ...otherCharts(chronicle, owner, charts, limits)].map((chart) => ({
      ...chart,
      limits: [...chart.limits, ...limits.filter((limit) => isDrawn(chart, limit.quantity))],
    })),
  }));
}

function feederCharts(chronicle: Chronicle): readonly Chart[] {
  const imports = [
    idle(chronicle, 'feeder.importKw'),
    quarter(chronicle, 'feeder.quarterHourImportKw'),
    own(chronicle, 'feeder.importKw', 'with control'),
  ];
  const voltages = [
    idle(chronicle, 'feeder.lowestVoltagePu'),
    own(chronicle, 'feeder.lowestVoltagePu', 'with control'),
  ];
  return [
    { title: 'Import from the substation', unit: 'kW', lines: imports, limits: [], shown: [] },
    { title: 'Lowest voltage', unit: 'per unit', lines: voltages, limits: [], shown: [] },
  ];
}

function siteCharts(
  chronicle: Chronicle,
  { site, limitKw }: RunReport['sites'][number],
  { durationMs }: RunReport,
): readonly Chart[] {
  const limit: Limit = {
    ...{ name: `limit of a quarter hour, ${limitKw} kW`, tone: 'limit', broken: null },
    ...{ quantity: `${site}.quarterHourImportKw`, min: Number.NEGATIVE_INFINITY, max: limitKw },
    ...{ fromMs: 0, toMs: durationMs },
  };
  const imports = [
    idle(chronicle, `${site}.importKw`),
    quarter(chronicle, `${site}.quarterHourImportKw`),
    own(chronicle, `${site}.importKw`, 'with control'),
  ];
  const battery = [own(chronicle, `${site}.batteryKw`, 'discharge')];
  const charge = [own(chronicle, `${site}.stateOfCharge`, 'state of charge')];
  return [
    { title: 'Import', unit: 'kW', lines: imports, limits: [limit], shown: [] },
    {
      title: 'Battery power, positive while it discharges',
      ...{ unit: 'kW', lines: battery, limits: [], shown: [0] },
    },
    { title: 'State of charge', unit: '0 to 1', lines: charge, limits: [], shown: [0, 1] },
    ...forecastCharts(chronicle, site),
    ...bufferCharts(chronicle, site),
  ];
}

/** What the model said beside what came; none where no model ran. */
function forecastCharts(chronicle: Chronicle, site: string): readonly Chart[] {
  const forecast = own(chronicle, `${site}.forecastKw`, 'forecast by the model');
  if (forecast.points.every((point) => point === null)) return [];
  const came: Line = {
    ...{ name: 'what came: the mean of the quarter hour after', tone: 'quarter' },
    ...{ quantity: `${site}.uncontrolledKw`, points: quarterAfter(chronicle, site) },
  };
  return [
    {
      title: 'Forecast of the import without battery, for the quarter hour to come',
      ...{ unit: 'kW', lines: [came, forecast], limits: [], shown: [] },
    },
  ];
}

/** Mean of load less sun over the quarter hour that begins with each point; null where it is not over. */
function quarterAfter({ withControl, intervalMs }: Chronicle, site: string): Series {
  const [load, pv] = ['loadKw', 'pvKw'].map((name) => withControl.get(`${site}.${name}`) ?? []);
  const net = (load ?? []).map((kw, at) => (kw ?? 0) - (pv?.[at] ?? 0));
  const sums = [0];
  for (const kw of net) sums.push((sums.at(-1) ?? 0) + kw);
  const count = Math.round(QUARTER_HOUR_MS / intervalMs);
  return net.map((_, at) => {
    const [from, to] = [sums[at], sums[at + count]];
    return count === 0 || from === undefined || to === undefined ? null : (to - from) / count;
  });
}

/** What waits at the agent, where it was cut off: else it is a line at the bottom. */
function bufferCharts(chronicle: Chronicle, site: string): readonly Chart[] {
  if (outages(chronicle.withControl.get(`${site}.linked`) ?? [], 1).length === 0) return [];
  const lines = [own(chronicle, `${site}.buffered`, 'audit records without a receipt')];
  return [{ title: 'Waiting at the agent', unit: 'records', lines, limits: [], shown: [0] }];
}

/** Of each quantity that something is expected of, and that has no chart yet. */
function otherCharts(
  chronicle: Chronicle,
  owner: string,
  charts: readonly Chart[],
  limits: readonly Limit[],
): readonly Chart[] {
  const wanted = limits
    .map(({ quantity }) => quantity)
    .filter((name) => isOf(owner, name) && !charts.some((one) => isDrawn(one, name)));
  return [...new Set(wanted)].map((quantity) => {
    const name = quantity.slice(quantity.lastIndexOf('.') + 1);
    const lines = [own(chronicle, quantity, name)];
    return { title: quantity, unit: UNITS[name] ?? 'kW', lines, limits: [], shown: [] };
  });
}

const UNITS: Readonly<Record<string, string>> = {
  stateOfCharge: '0 to 1',
  buffered: 'records',
  voltagePu: 'per unit',
  linked: '0 or 1',
  refused: 'messages',
  unreceipted: 'records',
  energised: '0 or 1',
  loading: '% of the rating',
  tap: 'steps',
  batteryKvar: 'kvar',
  currentA: 'A',
};

/** Branches are the feeder's. */
function isOf(owner: string, quantity: string): boolean {
  const first = quantity.slice(0, quantity.indexOf('.'));
  return (first === 'branch' ? 'feeder' : first) === owner;
}

function isDrawn({ lines }: Chart, quantity: string): boolean {
  return lines.some((line) => line.quantity === quantity && line.tone !== 'idle');
}

function own({ withControl }: Chronicle, quantity: string, name: string): Line {
  return { name, quantity, tone: 'own', points: withControl.get(quantity) ?? [] };
}

function idle({ withoutControl }: Chronicle, quantity: string): Line {
  const points = withoutControl.get(quantity) ?? [];
  return { name: 'without control', quantity, tone: 'idle', points };
}

function quarter({ withControl }: Chronicle, quantity: string): Line {
  const points = withControl.get(quantity) ?? [];
  return { name: 'mean of the quarter hour before', quantity, tone: 'quarter', points };
}

function expectedLimit(
  { that, min, max, from = 0, to }: BoundExpectation,
  outcome: Outcome | undefined,
  durationMs: number,
): Limit {
  const broken = outcome === undefined || outcome.kept ? null : outcome;
  return {
    name: `${broken === null ? '✓' : '✗'} ${outcome?.expected ?? that}`,
    tone: 'expected',
    quantity: that,
    min: min ?? Number.NEGATIVE_INFINITY,
    max: max ?? Number.POSITIVE_INFINITY,
    ...{ fromMs: from, toMs: to ?? durationMs, broken },
  };
}
