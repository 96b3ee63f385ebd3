import { clamp } from '@tieline/kernel';
import type { Action, AssetPolicy, SitePolicy } from '@tieline/protocol';
import type { LastKnown } from './last-known.ts';

/** What a site's actions do to its meter, and to the feeder's switches. */
export interface SiteEffect {
  /** At the site meter after the actions, kW, positive into the grid. */
  readonly meterKw: number;
  /** Feeder branches by what the actions leave them. */
  readonly switched: ReadonlyMap<string, boolean>;
  /** What a power flow cannot show here, or has to guess. */
  readonly unmodelled: readonly string[];
}

/**
 * The steady state after all actions have ramped in, everything else staying as it was last known.
 * A store goes to its setpoint; a generator or a flexible load is only limited by one; a charge target counts as
 * charging (or, below the present state, discharging) at its full power, and not at all while the charge is not
 * known; a limit is met by the site. An asset whose power was never measured counts as 0 kW, and is named.
 */
export function siteEffect(
  policy: SitePolicy,
  meter: { readonly asset: string; readonly activePowerKw: number },
  actions: readonly Action[],
  known: LastKnown,
): SiteEffect {
  const powers = new Map<string, number>();
  const switches = new Map<string, boolean>();
  const unmodelled: string[] = [];
  const powerOf = (asset: string): number =>
    powers.get(asset) ?? known.get(policy.site, asset, 'active-power-kw')?.value ?? 0;
  let meterKw = meter.activePowerKw;
  const move = (asset: string, toKw: number): void => {
    const measured = known.get(policy.site, asset, 'active-power-kw') !== null;
    if (!measured && !powers.has(asset)) unmodelled.push(`power of ${asset} before, not measured`);
    meterKw += toKw - powerOf(asset);
    powers.set(asset, toKw);
  };
  const natureOf = (asset: AssetPolicy): Nature =>
    known.get(policy.site, asset.asset, 'state-of-charge') === null ? natureIn(asset) : 'store';
  for (const action of actions) {
    switch (action.type) {
      case 'setpoint': {
        const asset = policy.assets.find((one) => one.asset === action.asset);
        const nature = asset === undefined ? 'store' : natureOf(asset);
        move(action.asset, settledKw(nature, powerOf(action.asset), action.activePowerKw));
        break;
      }
      case 'charge-target': {
        const charge = known.get(policy.site, action.asset, 'state-of-charge')?.value;
        if (charge === undefined) {
          unmodelled.push(`charge-target of ${action.asset}, its charge not known`);
          break;
        }
        const sign = action.stateOfCharge >= charge ? -1 : 1;
        move(action.asset, sign * action.powerMaxKw);
        break;
      }
      case 'limit':
        if (action.point === meter.asset) {
          meterKw = clamp(meterKw, -action.importMaxKw, action.exportMaxKw);
        } else {
          move(action.point, clamp(powerOf(action.point), -action.importMaxKw, action.exportMaxKw));
        }
        break;
      case 'mode':
        for (const asset of policy.assets) {
          if (action.mode === 'idle' && natureOf(asset) === 'store') move(asset.asset, 0);
        }
        break;
      case 'switch':
        switches.set(action.asset, action.position === 'closed');
        break;
      case 'tap':
      case 'cede':
        unmodelled.push(action.type);
        break;
    }
  }
  return { meterKw, switched: switches, unmodelled };
}

type Nature = 'store' | 'generator' | 'flexible-load';

/** What an asset is, by what the policy lets it do: a store takes and gives, the others do one of both. */
function natureIn({ limit }: AssetPolicy): Nature {
  if (limit.minKw >= 0) return 'generator';
  return limit.maxKw > 0 ? 'store' : 'flexible-load';
}

/** Where a setpoint leaves an asset that is at `nowKw`. */
function settledKw(nature: Nature, nowKw: number, setpointKw: number): number {
  if (nature === 'store') return setpointKw;
  return nature === 'generator' ? Math.min(nowKw, setpointKw) : Math.max(nowKw, setpointKw);
}
