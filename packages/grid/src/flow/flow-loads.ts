/** What every bus draws at 1 per unit, in the order of `feeder.buses`; negative where a bus feeds the grid. */
export interface FlowLoads {
  readonly loadKw: Float64Array;
  readonly loadKvar: Float64Array;
  /** The part of it that follows the voltage as the bus's `zip` says; all of it where left out. */
  readonly elasticKw?: Float64Array;
  readonly elasticKvar?: Float64Array;
}
