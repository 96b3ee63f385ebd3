import { type Feeder, PowerFlow, switched } from '@tieline/grid';
import type { Switching } from './disturbances.ts';

/** A feeder whose branches are closed and opened while time goes by, and its power flow as they stand. */
export class Switchgear {
  readonly #feeder: Feeder;
  readonly #switchings: readonly Switching[];
  readonly #states = new Map<string, boolean>();
  #next = 0;
  #flow: PowerFlow;

  /** @param switchings  in the order of their times */
  constructor(feeder: Feeder, switchings: readonly Switching[]) {
    this.#feeder = feeder;
    this.#switchings = switchings;
    this.#flow = new PowerFlow(feeder);
  }

  get flow(): PowerFlow {
    return this.#flow;
  }

  /** @throws {GridError} loop_without_impedance | branch_unknown */
  step(tMs: number): void {
    const first = this.#next;
    for (let due = this.#switchings[first]; due !== undefined && due.atMs <= tMs; ) {
      this.#states.set(due.branch, due.closed);
      this.#next += 1;
      due = this.#switchings[this.#next];
    }
    if (this.#next === first) return;
    this.#flow = new PowerFlow(switched(this.#feeder, this.#states));
  }
}
