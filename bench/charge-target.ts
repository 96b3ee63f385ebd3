import type { Action } from '@tieline/protocol';

/** Where the battery of the bench stands, and by how much each command asks for less than the one before. */
const STATE_OF_CHARGE = 0.7;
const STEP = 0.0002;
/** Over with the next cycle: before the next round begins, all are. */
const VALID_MS = 500;

/** The `at`-th command of a round: another power than the one before, so that there is something to write. */
export function chargeTarget(at: number): Action {
  return {
    type: 'charge-target',
    asset: 'battery',
    stateOfCharge: STATE_OF_CHARGE - (at + 1) * STEP,
    powerMaxKw: 60,
    startWithinMs: 0,
    validForMs: VALID_MS,
  };
}
