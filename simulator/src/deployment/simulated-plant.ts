import { Plant, type PlantOptions } from '../plant/plant.ts';
import type { SimulatedFeeder } from './simulated-site.ts';

/** The plant of a simulated deployment. @throws {GridError} where the power flow has no solution when it begins */
export function simulatedPlant(
  { feeder, sites, weather = {}, tapChanger }: SimulatedFeeder,
  { seed, startMs, disturbances }: Pick<PlantOptions, 'seed' | 'startMs' | 'disturbances'>,
): Plant {
  return new Plant({
    ...{ feeder, sites: sites.map(({ plant }) => plant), seed, startMs, weather },
    ...(disturbances === undefined ? {} : { disturbances }),
    ...(tapChanger === undefined ? {} : { tapChanger }),
  });
}
