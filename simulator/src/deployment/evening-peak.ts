import { shippedScenario } from '../scenario/adapters/scenario-files.ts';
import type { SimulatedFeeder } from './simulated-site.ts';

/** The feeder and the sites of the scenario `evening-peak`, which the demo plays too. */
export function eveningPeak(): SimulatedFeeder {
  return shippedScenario('evening-peak').simulated;
}
