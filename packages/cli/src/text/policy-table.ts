import type { Policy } from '@tieline/protocol';
import { duration, fixed } from './humane.ts';
import { layoutFacts, layoutTable } from './layout.ts';

/** A policy as people compare it: approvals, then sites, then assets. Powers kW, positive into the grid. */
export function policyText(policy: Policy, site: string | undefined, colour: boolean): string {
  const sites = policy.sites.filter((one) => site === undefined || one.site === site);
  const { routine, critical } = policy.approvals;
  const facts = [
    ['policy', `version ${policy.version} of ${policy.deployment}`],
    ['approvals', `routine ${routine}, critical ${critical}`],
  ] as const;
  return [
    layoutFacts(facts, colour),
    layoutTable(
      [
        { header: 'SITE' },
        { header: 'IMPORT MAX kW', align: 'right' },
        { header: 'EXPORT MAX kW', align: 'right' },
        { header: '15 MIN IMPORT MAX kW', align: 'right' },
        { header: 'COMMANDS /h', align: 'right' },
        { header: 'DWELL', align: 'right' },
      ],
      sites.map((one) => ({
        cells: [
          one.site,
          fixed(one.importMaxKw, 1),
          fixed(one.exportMaxKw, 1),
          fixed(one.quarterHourImportMaxKw, 1),
          `${one.commandsPerHourMax}`,
          duration(one.dwellMs),
        ],
      })),
      colour,
    ),
    layoutTable(
      [
        { header: 'SITE' },
        { header: 'ASSET' },
        { header: 'LIMIT kW', align: 'right' },
        { header: 'MARGIN kW', align: 'right' },
        { header: 'RESERVE %', align: 'right' },
        { header: 'RAMP kW/s', align: 'right' },
        { header: 'SAFE kW', align: 'right' },
      ],
      sites.flatMap((one) =>
        one.assets.map((asset) => ({
          cells: [
            one.site,
            asset.asset,
            range(asset.limit),
            range(asset.margin),
            fixed(asset.reserveStateOfCharge * 100, 0),
            fixed(asset.rampKwPerS, 1),
            fixed(asset.safePowerKw, 1),
          ],
        })),
      ),
      colour,
    ),
  ].join('\n');
}

function range({ minKw, maxKw }: { readonly minKw: number; readonly maxKw: number }): string {
  return `${fixed(minKw, 1)} to ${fixed(maxKw, 1)}`;
}
