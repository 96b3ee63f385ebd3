import { Policy } from '@tieline/protocol';
import { usageError } from '../exit.ts';
import type { World } from '../world.ts';
import { nameOf } from './files.ts';
import { readShaped } from './shape.ts';

const POLICY_FILE_BYTES_MAX = 1_048_576;

/** Where a policy contradicts itself, and how. Powers in kW, positive into the grid. */
export interface PolicyFault {
  readonly place: string;
  readonly reason: string;
}

/** A policy of the right shape that does not contradict itself. @throws {CliError} usage */
export async function readPolicy(world: World, path: string): Promise<Policy> {
  const policy = await readShaped(world, path, POLICY_FILE_BYTES_MAX, 'a policy', Policy);
  const [fault, ...more] = policyFaults(policy);
  if (fault === undefined) return policy;
  throw usageError(`${nameOf(path)} contradicts itself`, [
    ['place', fault.place],
    ['reason', fault.reason],
    ...more.map(({ place, reason }): [string, string] => ['also', `${place}: ${reason}`]),
  ]);
}

/** What the shape alone does not say. */
function policyFaults(policy: Policy): readonly PolicyFault[] {
  const faults: PolicyFault[] = [];
  if (policy.approvals.critical < policy.approvals.routine) {
    faults.push({
      place: 'approvals.critical',
      reason: 'a critical order needs fewer people than a routine one',
    });
  }
  faults.push(
    ...doubled(
      policy.sites.map(({ site }) => site),
      'sites',
      'site',
    ),
  );
  policy.sites.forEach((site, at) => {
    faults.push(...siteFaults(site, `sites[${at}]`));
  });
  return faults;
}

function siteFaults(site: Policy['sites'][number], place: string): readonly PolicyFault[] {
  const faults: PolicyFault[] = [];
  const inside = (low: number, high: number, name: string, reason: string): void => {
    if (low > high) faults.push({ place: `${place}.${name}`, reason });
  };
  const { importMaxKw, quarterHourImportMaxKw, rechargeImportMaxKw } = site;
  inside(
    quarterHourImportMaxKw,
    importMaxKw,
    'quarterHourImportMaxKw',
    `${quarterHourImportMaxKw} kW is above importMaxKw ${importMaxKw} kW`,
  );
  inside(
    rechargeImportMaxKw,
    quarterHourImportMaxKw,
    'rechargeImportMaxKw',
    `${rechargeImportMaxKw} kW is above quarterHourImportMaxKw ${quarterHourImportMaxKw} kW`,
  );
  faults.push(
    ...doubled(
      site.assets.map(({ asset }) => asset),
      `${place}.assets`,
      'asset',
    ),
  );
  site.assets.forEach(({ limit, margin, safePowerKw }, at) => {
    const bounds = `the limit is ${limit.minKw} to ${limit.maxKw} kW`;
    const where = `assets[${at}]`;
    inside(limit.minKw, margin.minKw, `${where}.margin.minKw`, bounds);
    inside(margin.maxKw, limit.maxKw, `${where}.margin.maxKw`, bounds);
    inside(limit.minKw, safePowerKw, `${where}.safePowerKw`, bounds);
    inside(safePowerKw, limit.maxKw, `${where}.safePowerKw`, bounds);
  });
  return faults;
}

function doubled(names: readonly string[], place: string, what: string): readonly PolicyFault[] {
  return names.flatMap((name, at) =>
    names.indexOf(name) === at
      ? []
      : [{ place: `${place}[${at}].${what}`, reason: `doubled ${what} '${name}'` }],
  );
}
