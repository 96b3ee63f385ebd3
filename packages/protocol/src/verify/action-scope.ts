import type { Action } from '../messages/action.ts';
import type { AssetClass } from '../trust/document.ts';
import { scopeCoversAction, type TrustedKey } from '../trust/trust.ts';
import type { AssetView } from './command-state.ts';
import { refusal } from './failure.ts';

/** The asset that an action is about: a setpoint's, or the point that a limit bounds. */
export function assetOf(action: Action): string | null {
  if (action.type === 'limit') return action.point;
  return 'asset' in action ? action.asset : null;
}

/** Throws where the key's scope leaves out one of the actions, or the class of its asset. */
export function checkActionScope(
  step: 13 | 14,
  code: 'action_out_of_scope' | 'order_action_out_of_scope',
  key: TrustedKey,
  actions: readonly Action[],
  assets: readonly AssetView[],
): void {
  for (const action of actions) {
    const assetClass = classOf(action, assets);
    if (scopeCoversAction(key.scope, action.type, assetClass)) continue;
    throw refusal(step, code, {
      principal: key.principal,
      action: action.type,
      ...(assetClass === null ? {} : { assetClass }),
    });
  }
}

function classOf(action: Action, assets: readonly AssetView[]): AssetClass | null {
  const asset = assetOf(action);
  return assets.find((one) => one.asset === asset)?.kind ?? null;
}
