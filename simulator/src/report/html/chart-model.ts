import type { Chronicle, Series } from '../../scenario/chronicle.ts';
import type { Outcome } from '../../scenario/expectations.ts';
import type { RunReport, ScenarioRun } from '../../scenario/run-scenario.ts';
import type { BoundExpectation } from '../../scenario/scenario-file.ts';

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
  ];
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
    .filter((name) => name.startsWith(`${owner}.`) && !charts.some((one) => isDrawn(one, name)));
  return [...new Set(wanted)].map((quantity) => {
    const name = quantity.slice(owner.length + 1);
    const lines = [own(chronicle, quantity, name)];
    return { title: quantity, unit: UNITS[name] ?? 'kW', lines, limits: [], shown: [] };
  });
}

const UNITS: Readonly<Record<string, string>> = {
  voltagePu: 'per unit',
  linked: '0 or 1',
  refused: 'messages',
  unreceipted: 'records',
};

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
