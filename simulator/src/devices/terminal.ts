/** What the plant has at an asset's terminal now; kW and kvar positive into the grid. */
export interface Terminal {
  readonly activePowerKw: number;
  readonly reactivePowerKvar: number;
  readonly voltagePu: number;
  /** False while it is tripped: nothing feeds it, or it watches a grid that has come back. */
  readonly isConnected: boolean;
  /** 0 to 1; null where there is no store. */
  readonly stateOfCharge: number | null;
}
