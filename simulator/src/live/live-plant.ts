import type { AssetKind } from '@tieline/edge-agent';
import { type Clock, every } from '@tieline/kernel';
import { simulatedPlant } from '../deployment/simulated-plant.ts';
import type { SimulatedFeeder } from '../deployment/simulated-site.ts';
import { type SunSpecServer, serveSunSpec } from '../devices/adapters/sunspec-server.ts';
import { type SiteDevices, siteDevices } from '../devices/site-devices.ts';
import { type Plant, type PlantOptions, STEP_MS } from '../plant/plant.ts';
import { Trace } from '../virtual/trace.ts';

/** Of a server of SunSpec, the unit that every client assumes; there is one device behind each address. */
const UNIT = 1;

/** Where a device speaks SunSpec Modbus TCP. */
export interface DevicePlace {
  readonly site: string;
  readonly asset: string;
  readonly kind: AssetKind;
  readonly host: string;
  readonly port: number;
  readonly unit: number;
}

/** From when a plant stands, and in which weather. */
type Standing = Pick<PlantOptions, 'seed' | 'startMs' | 'disturbances'>;

/** The plant on a clock that runs by itself, and its devices behind SunSpec Modbus TCP. */
export class LivePlant {
  readonly plant: Plant;
  readonly trace = new Trace();
  readonly devices = new Map<string, SiteDevices>();
  readonly places: readonly DevicePlace[];
  /** Between two steps, at most, simulated ms. */
  longestStepMs = 0;
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #servers: SunSpecServer[] = [];
  readonly #places: DevicePlace[] = [];

  private constructor(simulated: SimulatedFeeder, options: Standing, clock: Clock) {
    this.#clock = clock;
    this.#startMs = options.startMs;
    this.plant = simulatedPlant(simulated, options);
    for (const { plant, ratings } of simulated.sites) {
      const standing = this.plant.sites.get(plant.site);
      if (standing !== undefined) {
        this.devices.set(plant.site, siteDevices(standing, ratings, clock));
      }
    }
    this.places = this.#places;
  }

  /** Every device listens; until `startMs` of the clock the plant stands still, as it is then. */
  static async listening(
    simulated: SimulatedFeeder,
    options: Standing,
    clock: Clock,
  ): Promise<LivePlant> {
    const live = new LivePlant(simulated, options, clock);
    for (const [site, { models }] of live.devices) {
      for (const model of models) {
        const server = await serveSunSpec(model);
        live.#servers.push(server);
        const { asset, kind } = model.ratings;
        live.#places.push({ site, asset, kind, host: '127.0.0.1', port: server.port, unit: UNIT });
      }
    }
    return live;
  }

  /** Steps until `signal` aborts. @throws {GridError} where the power flow has no solution */
  async run(signal: AbortSignal, onStep: () => void = () => {}): Promise<void> {
    await every(this.#clock, STEP_MS, signal, () => {
      const nowMs = this.#clock.wallMs();
      if (nowMs < this.#startMs) return;
      for (const devices of this.devices.values()) devices.follow();
      this.longestStepMs = Math.max(this.longestStepMs, nowMs - this.plant.nowMs);
      this.plant.step(nowMs);
      this.trace.add(nowMs, this.plant);
      onStep();
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }
}
