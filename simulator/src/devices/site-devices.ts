import type { AssetRatings } from '@tieline/edge-agent';
import type { Clock } from '@tieline/kernel';
import type { SitePlant } from '../plant/site-plant.ts';
import { DeviceModel } from './device-model.ts';
import type { Terminal } from './terminal.ts';

/**
 * The devices of one site, each at its terminal of the plant. `follow` hands what was asked of them to the
 * plant, and counts what has flowed: call it before every step.
 */
export interface SiteDevices {
  readonly models: readonly DeviceModel[];
  follow(): void;
}

export function siteDevices(
  plant: SitePlant,
  ratings: readonly AssetRatings[],
  clock: Clock,
): SiteDevices {
  const models = ratings.map((rating) => new DeviceModel(rating, clock, terminalOf(plant, rating)));
  return {
    models,
    follow() {
      for (const model of models) {
        model.count();
        const { kind } = model.ratings;
        if (kind === 'battery' && plant.battery !== null) {
          plant.battery.targetKw = model.followedKw() ?? 0;
        }
        if (kind === 'pv') plant.pvLimitKw = model.followedKw();
        if (kind === 'flexible-load') plant.evLimitKw = drawnAtMostKw(model.followedKw());
      }
    },
  };
}

function drawnAtMostKw(followedKw: number | null): number | null {
  return followedKw === null ? null : Math.max(0, -followedKw);
}

function terminalOf(plant: SitePlant, rating: AssetRatings): () => Terminal {
  const isInverter = rating.kind === 'battery' || rating.kind === 'pv';
  const at = (
    activePowerKw: number,
    stateOfCharge: number | null = null,
    reactivePowerKvar = 0,
  ): Terminal => ({
    activePowerKw,
    reactivePowerKvar,
    voltagePu: plant.voltagePu,
    isConnected: isInverter ? plant.areInvertersConnected : plant.isFed,
    stateOfCharge,
  });
  switch (rating.kind) {
    case 'battery':
      return () => at(plant.batteryKw, plant.battery?.stateOfCharge, plant.batteryKvar);
    case 'pv':
      return () => at(plant.pvKw);
    case 'flexible-load':
      return () => at(-plant.steeredEvKw);
    case 'load':
      return () => at(plant.steeredEvKw - plant.loadKw, null, -plant.loadKvar);
    case 'meter':
      return () => at(-plant.importKw, null, -plant.importKvar);
  }
}
