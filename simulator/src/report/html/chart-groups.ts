import { QUARTER_HOUR_MS } from '@tieline/kernel';
import { type Chronicle, type Series, shownSites } from '../../scenario/chronicle.ts';
import type { Outcome } from '../../scenario/expectations.ts';
import type { RunReport } from '../../scenario/run-report.ts';
import type { ScenarioRun } from '../../scenario/run-scenario.ts';
import type { BoundExpectation } from '../../scenario/scenario-file.ts';
import { type Chart, idle, type Limit, type Line, own, quarter } from './chart-model.ts';
import { outages } from './lane-model.ts';
import { billCharts, priceCharts } from './money-charts.ts';
import { unitOf } from './unit-of.ts';

/** Charts of the feeder, of the fleet, or of one site. */
export interface ChartGroup {
  readonly owner: string;
  /** Null: of none alone. */
  readonly site: string | null;
  readonly charts: readonly Chart[];
}

/** As many sites as a page can carry, of those that the chronicle knows. */
export const SITES_MAX = 32;

export function chartGroups(run: ScenarioRun): readonly ChartGroup[] {
  const { scenario, report, chronicle } = run;
  const limits = scenario.expect.flatMap((one, index) =>
    'that' in one ? [expectedLimit(one, report.expectations[index], report.durationMs)] : [],
  );
  const shown = new Set(shownSites(scenario));
  const withOthers = (charts: readonly Chart[], owner: string): readonly Chart[] => [
    ...charts,
    ...otherCharts(chronicle, owner, charts, limits),
  ];
  const group = (owner: string, site: string | null, charts: readonly Chart[]): ChartGroup => ({
    owner,
    site,
    charts: withOthers(charts.filter(hasValues), owner).map((chart) => ({
      ...chart,
      limits: [...chart.limits, ...limits.filter((limit) => isDrawn(chart, limit.quantity))],
    })),
  });
  const isKnown = ({ charts }: ChartGroup): boolean => charts.length > 0;
  const shared = [group('feeder', null, feederCharts(run)), group('fleet', null, [])];
  const sites = report.sites.map((one) =>
    group(one.site, one.site, shown.has(one.site) ? siteCharts(run, one) : []),
  );
  return [...shared.filter(isKnown), ...sites.filter(isKnown).slice(0, SITES_MAX)];
}

/** A site without a battery has no chart of one. */
function hasValues({ lines }: Chart): boolean {
  return lines.some(({ points }) => points.some((point) => point !== null));
}

function feederCharts({ report, chronicle }: ScenarioRun): readonly Chart[] {
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
    ...loadingCharts(chronicle, report),
    ...billCharts(chronicle, 'feeder', report),
    ...priceCharts(chronicle, report),
  ];
}

/** None where no branch is rated. */
function loadingCharts(chronicle: Chronicle, { durationMs }: RunReport): readonly Chart[] {
  const quantity = 'feeder.loading';
  if (!chronicle.withControl.has(quantity)) return [];
  const limit: Limit = {
    ...{ name: 'rating of the branch, 100 %', tone: 'limit', broken: null, quantity },
    ...{ min: Number.NEGATIVE_INFINITY, max: 100, fromMs: 0, toMs: durationMs },
  };
  const lines = [idle(chronicle, quantity), own(chronicle, quantity, 'with control')];
  const title = 'Loading of the branch that is nearest to its rating';
  return [{ title, unit: '%', lines, limits: [limit], shown: [0] }];
}

function siteCharts(
  { scenario, chronicle, report }: ScenarioRun,
  { site, limitKw }: RunReport['sites'][number],
): readonly Chart[] {
  const importLimit = (name: string, quantity: string, max: number): Limit => ({
    ...{ name: `${name}, ${max} kW`, tone: 'limit', broken: null, quantity: `${site}.${quantity}` },
    ...{ min: Number.NEGATIVE_INFINITY, max, fromMs: 0, toMs: report.durationMs },
  });
  const connectionKw =
    scenario.simulated.sites.find((one) => one.policy.site === site)?.policy.importMaxKw ??
    Number.POSITIVE_INFINITY;
  const imports = [
    idle(chronicle, `${site}.importKw`),
    quarter(chronicle, `${site}.quarterHourImportKw`),
    own(chronicle, `${site}.importKw`, 'with control'),
  ];
  const battery = [own(chronicle, `${site}.batteryKw`, 'discharge')];
  const charge = [own(chronicle, `${site}.stateOfCharge`, 'state of charge')];
  const cars = [
    idle(chronicle, `${site}.evKw`),
    { ...own(chronicle, `${site}.evHeldBackKw`, 'held back'), tone: 'quarter' as const },
    own(chronicle, `${site}.evKw`, 'charging'),
  ];
  const limits = [
    importLimit('limit of a quarter hour', 'quarterHourImportKw', limitKw),
    ...(comesNear(imports, connectionKw)
      ? [importLimit('limit of the connection', 'importKw', connectionKw)]
      : []),
  ];
  return [
    { title: 'Import', unit: 'kW', lines: imports, limits, shown: [] },
    {
      title: 'Battery power, positive while it discharges',
      ...{ unit: 'kW', lines: battery, limits: [], shown: [0] },
    },
    { title: 'State of charge', unit: '0 to 1', lines: charge, limits: [], shown: [0, 1] },
    { title: 'Cars', unit: 'kW', lines: cars, limits: [], shown: [0] },
    ...forecastCharts(chronicle, site),
    ...bufferCharts(chronicle, site),
    ...billCharts(chronicle, site, report),
  ];
}

/** A connection that nothing comes near would only make the chart taller. */
function comesNear(lines: readonly Line[], limitKw: number): boolean {
  return lines.some(({ points }) => points.some((kw) => kw !== null && kw > 0.9 * limitKw));
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
      title: 'Forecast of the import that nobody steers, for the quarter hour to come',
      ...{ unit: 'kW', lines: [came, forecast], limits: [], shown: [] },
    },
  ];
}

/** Mean of what nobody steers over the quarter hour that begins with each point; null where it is not over. */
function quarterAfter({ withControl, intervalMs }: Chronicle, site: string): Series {
  const net = (withControl.get(`${site}.uncontrolledKw`) ?? []).map((kw) => kw ?? 0);
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
    return {
      title: quantity,
      unit: unitOf(quantity),
      lines,
      limits: [],
      shown: [],
    };
  });
}

/** Branches are the feeder's. */
function isOf(owner: string, quantity: string): boolean {
  const first = quantity.slice(0, quantity.indexOf('.'));
  return (first === 'branch' ? 'feeder' : first) === owner;
}

function isDrawn({ lines }: Chart, quantity: string): boolean {
  return lines.some((line) => line.quantity === quantity && line.tone !== 'idle');
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
