import { clamp } from '@tieline/kernel';
import type { Action, SitePolicy } from '@tieline/protocol';
import { isStore } from './action-check.ts';
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
 * A store goes to its setpoint; a generator is only limited by one; a charge target counts as charging
 * (or, below the present state, discharging) at its full power, and not at all while the charge is not known;
 * a limit is met by the site. An asset whose power was never measured counts as 0 kW, and is named.
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
  for (const action of actions) {
    switch (action.type) {
      case 'setpoint': {
        const asset = policy.assets.find((one) => one.asset === action.asset);
        const store = asset === undefined || isStore(asset);
        const { activePowerKw } = action;
        move(action.asset, store ? activePowerKw : Math.min(powerOf(action.asset), activePowerKw));
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
        for (const { asset } of policy.assets.filter(isStore)) {
          if (action.mode === 'idle') move(asset, 0);
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
