import { toHex } from '@tieline/kernel';
import type { Action } from '@tieline/protocol';
import { duration, kilowatts, powerInWords } from './humane.ts';

/** An action as a person says it to another one: what, how fast, how long, and what holds afterwards. */
export function actionInWords(action: Action): string {
  switch (action.type) {
    case 'setpoint': {
      const reactive =
        action.reactivePowerKvar === undefined ? '' : ` and ${action.reactivePowerKvar} kvar`;
      const afterwards =
        action.revert.to === 'local'
          ? 'then the local rule goes on'
          : `then ${powerInWords(action.revert.activePowerKw)}`;
      return `${action.asset}: ${powerInWords(action.activePowerKw)}${reactive} ${held(action)}, ${ramps(action)}, ${afterwards}`;
    }
    case 'limit':
      return `${action.point}: import at most ${kilowatts(action.importMaxKw)}, export at most ${kilowatts(action.exportMaxKw)} ${held(action)}`;
    case 'charge-target':
      return `${action.asset}: bring the charge to ${percent(action.stateOfCharge)} with at most ${kilowatts(action.powerMaxKw)} ${held(action)}`;
    case 'mode':
      return `site: ${action.mode === 'idle' ? 'bring every store to 0 kW' : 'run by the local rule and model'} ${held(action)}`;
    case 'switch':
      return `${action.asset}: ${action.position === 'open' ? 'open' : 'close'} ${held(action)}`;
    case 'tap':
      return `${action.asset}: tap position ${action.position} ${held(action)}`;
    case 'cede':
      return `end the actions of command ${toHex(action.command)} now`;
  }
}

function held(action: { readonly validForMs: number; readonly startWithinMs: number }): string {
  const within =
    action.startWithinMs === 0 ? '' : `, begun within ${duration(action.startWithinMs)}`;
  return `for ${duration(action.validForMs)}${within}`;
}

function ramps(action: { readonly rampKwPerS: number; readonly rampOutKwPerS: number }): string {
  return action.rampKwPerS === action.rampOutKwPerS
    ? `ramped at ${action.rampKwPerS} kW/s`
    : `ramped at ${action.rampKwPerS} kW/s in and ${action.rampOutKwPerS} kW/s out`;
}

function percent(fraction: number): string {
  return `${Math.round(fraction * 1_000) / 10} %`;
}
