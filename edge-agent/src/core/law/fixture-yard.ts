import type { Action, SitePolicy } from '@tieline/protocol';
import type { AssetRatings } from '../../ports/devices.ts';
import { acceptCommand } from './active-actions.ts';
import { type ControlState, initialState } from './control-state.ts';
import { type Decision, decide } from './decide.ts';
import { measured, policy, setpoint } from './fixture-site.ts';
import type { ImageReading, ProcessImage } from './process-image.ts';

/** How a store takes what it is asked: `ignores` acknowledges and goes on, `local` is not asked, `silent` says nothing. */
export type Manner = 'obeys' | 'ignores' | 'local' | 'silent';

export interface Store {
  readonly asset: string;
  readonly stateOfCharge: number;
  manner: Manner;
  /** kW into the grid; stays where it is unless the store obeys. */
  powerKw: number;
}

/** Charging points: what the cars there would draw, and what they draw, kW. */
export interface Cars {
  readonly asset: string;
  wantedKw: number;
  drawnKw: number;
  manner: Manner;
}

/** Nameplate of charging points, kW. */
export const CARS_KW = 44;
/** What automation leaves them, and what they fall back to. */
export const CARS_LEAST_KW = 6;
export const CARS_SAFE_KW = 10;
/** Nameplate of each store and of the PV system, kW. */
export const STORE_KW = 100;
export const PV_KW = 60;

/** A site of several stores, one PV system and charging points behind one meter, stepped second by second. */
export class Yard {
  readonly stores: readonly Store[];
  readonly cars: readonly Cars[];
  readonly policy: SitePolicy;
  loadKw = 0;
  /** What the PV system could give, kW. */
  sunKw = 0;
  metered = true;
  pvRead = true;
  pvKw = 0;
  state: ControlState;
  #sessionMs = 0;
  #commands = 0;

  constructor(
    stores: readonly Store[],
    limits: Partial<SitePolicy> = {},
    cars: readonly Cars[] = [],
  ) {
    const plain = { dischargeMaxKw: 0, chargeMaxKw: 0, energyKwh: 0 };
    const ratings: AssetRatings[] = [
      { asset: 'meter', kind: 'meter', ...plain },
      ...stores.map(({ asset }) => ({
        ...{ asset, kind: 'battery' as const, energyKwh: 200 },
        ...{ dischargeMaxKw: STORE_KW, chargeMaxKw: STORE_KW },
      })),
      { asset: 'pv', kind: 'pv', ...plain, dischargeMaxKw: PV_KW },
      ...cars.map(({ asset }) => ({
        ...{ asset, kind: 'flexible-load' as const, ...plain, chargeMaxKw: CARS_KW },
      })),
    ];
    const [battery, pv] = policy.assets;
    const assets = stores.map(({ asset }) => ({
      ...battery!,
      asset,
      limit: { minKw: -STORE_KW, maxKw: STORE_KW },
    }));
    const ofCars = cars.map(({ asset }) => ({
      ...{ ...pv!, asset, limit: { minKw: -CARS_KW, maxKw: 0 } },
      ...{ margin: { minKw: -CARS_KW, maxKw: -CARS_LEAST_KW }, safePowerKw: -CARS_SAFE_KW },
    }));
    this.stores = stores;
    this.cars = cars;
    this.policy = { ...policy, ...limits, assets: [...assets, pv!, ...ofCars] };
    this.state = initialState(ratings, this.policy);
  }

  get exportKw(): number {
    const drawnKw = this.cars.reduce((sum, one) => sum + one.drawnKw, this.loadKw);
    return this.stores.reduce((sum, { powerKw }) => sum + powerKw, this.pvKw - drawnKw);
  }

  /** People order a store about, without an end that a test would meet. */
  order(asset: string, activePowerKw: number): void {
    this.#commands += 1;
    const actions: Action[] = [setpoint(activePowerKw, { asset, validForMs: 3_600_000 })];
    const command = String(this.#commands).padStart(32, '0');
    const times = { acceptedMs: this.#sessionMs, startDraws: [0], releaseDraws: [0] };
    this.state = acceptCommand(this.state, { command, rank: 'routine', actions, ...times }).state;
  }

  run(seconds: number): Decision {
    let last: Decision | null = null;
    for (let second = 0; second < seconds; second += 1) {
      const { state, decision } = decide(this.state, this.#image(), null);
      this.state = state;
      last = decision;
      for (const store of this.stores) {
        if (store.manner === 'obeys') store.powerKw = decision.setpoints[store.asset] ?? 0;
      }
      for (const one of this.cars) {
        const mostKw =
          one.manner === 'obeys' ? 0 - (decision.setpoints[one.asset] ?? -CARS_KW) : CARS_KW;
        one.drawnKw = Math.min(one.wantedKw, mostKw);
      }
      this.pvKw = Math.min(this.sunKw, decision.setpoints['pv'] ?? PV_KW);
      this.#sessionMs += 1_000;
    }
    return last!;
  }

  #image(): ProcessImage {
    const readings: Record<string, ImageReading> = {
      meter: this.metered ? measured(this.exportKw) : 'silent',
      pv: this.pvRead ? measured(this.pvKw) : 'silent',
    };
    for (const { asset, manner, powerKw, stateOfCharge } of this.stores) {
      const more = { stateOfCharge, setpointKw: powerKw, local: manner === 'local' };
      readings[asset] = manner === 'silent' ? 'silent' : measured(powerKw, more);
    }
    for (const { asset, drawnKw, manner } of this.cars) {
      const more = { local: manner === 'local' };
      readings[asset] = manner === 'silent' ? 'silent' : measured(0 - drawnKw, more);
    }
    return { sessionMs: this.#sessionMs, wallMs: 0, clock: 'untrusted', readings };
  }
}

export function store(asset: string, more: Partial<Store> = {}): Store {
  return { asset, stateOfCharge: 0.6, manner: 'obeys', powerKw: 0, ...more };
}

export function cars(asset: string, wantedKw: number, more: Partial<Cars> = {}): Cars {
  return { asset, wantedKw, manner: 'obeys', drawnKw: 0, ...more };
}
