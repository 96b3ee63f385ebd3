import type { Preview } from '../http/answers.ts';
import { duration, fixed } from './humane.ts';
import { layoutFacts, layoutTable, type Row } from './layout.ts';

type SitePreview = Preview['sites'][number];

/** What an order would do: the feeder first, then each site, those with violations first. */
export function previewText(preview: Preview, nowMs: number, colour: boolean): string {
  const { minVoltage, lossKw, feederImportKw } = preview;
  const arrow = (before: string, after: string): string => `${before} → ${after}`;
  const facts = [
    ['preview', preview.digest],
    ['policy', `version ${preview.policyVersion}`],
    [
      'lowest',
      arrow(
        `${fixed(minVoltage.before.pu, 4)} pu at bus ${minVoltage.before.bus}`,
        `${fixed(minVoltage.after.pu, 4)} pu at bus ${minVoltage.after.bus}`,
      ),
    ],
    ['losses', `${arrow(fixed(lossKw.before, 1), fixed(lossKw.after, 1))} kW`],
    ['import', `${arrow(fixed(feederImportKw.before, 1), fixed(feederImportKw.after, 1))} kW`],
  ] as const;
  const sites = preview.sites.toSorted((a, b) => b.violations.length - a.violations.length);
  return [
    layoutFacts(facts, colour),
    layoutTable(
      COLUMNS,
      sites.map((site) => siteRow(site, nowMs)),
      colour,
    ),
    ...sites.flatMap((site) => notes(site, colour)),
  ].join('\n');
}

const COLUMNS = [
  { header: 'SITE' },
  { header: 'IMPORT kW', align: 'right' },
  { header: 'AFTER kW', align: 'right' },
  { header: 'VOLTAGE pu', align: 'right' },
  { header: 'AFTER pu', align: 'right' },
  { header: 'ROOM kW', align: 'right' },
  { header: 'MEASURED' },
  { header: 'NEEDS' },
] as const;

function siteRow(site: SitePreview, nowMs: number): Row {
  const { before, after, headroom, measuredWallMs } = site;
  const voltage = (pu: number | null): string => (pu === null ? '–' : fixed(pu, 4));
  const room =
    headroom === null
      ? '–'
      : `-${fixed(headroom.importFallKw, 0)} to +${fixed(headroom.importRiseKw, 0)}`;
  const age =
    measuredWallMs === null ? 'never' : `${duration(Math.max(0, nowMs - measuredWallMs))} ago`;
  const needs = site.withinMargin ? 'nobody (in margin)' : 'a signed order';
  const violated = site.violations.length > 0;
  return {
    cells: [
      site.site,
      fixed(before.importKw, 1),
      fixed(after.importKw, 1),
      voltage(before.voltagePu),
      voltage(after.voltagePu),
      room,
      age,
      violated ? 'nothing helps: beyond a limit' : needs,
    ],
    tone: violated ? 'alarm' : measuredWallMs === null ? 'warning' : 'normal',
  };
}

function notes(site: SitePreview, colour: boolean): readonly string[] {
  const facts = [
    ...site.violations.map(({ code, ...rest }): [string, string] => [
      `✗ ${site.site}`,
      `${code.replaceAll('_', ' ')}: ${words(rest)}`,
    ]),
    ...demandNotes(site),
    ...site.unmodelled.map((what): [string, string] => [
      `! ${site.site}`,
      `not in the power flow: ${what}`,
    ]),
  ];
  return facts.length === 0 ? [] : [layoutFacts(facts, colour)];
}

/** A command comes before the demand that is billed: whoever signs it should know what it may cost. */
function demandNotes(site: SitePreview): readonly [string, string][] {
  const { before, after, quarterHourImportMaxKw: maxKw } = site;
  if (after.importKw <= Math.max(maxKw, before.importKw)) return [];
  const passes = `held for a quarter hour, ${fixed(after.importKw, 1)} kW pass the demand of ${fixed(maxKw, 1)} kW`;
  return [[`! ${site.site}`, passes]];
}

function words(facts: Readonly<Record<string, unknown>>): string {
  return Object.entries(facts)
    .map(([name, fact]) => `${name} ${typeof fact === 'string' ? fact : JSON.stringify(fact)}`)
    .join(', ');
}
