import { z } from 'zod';

/** One site as the plant knows it: the truth that meters only approximate. */
export const SiteReport = z.strictObject({
  site: z.string(),
  loadKw: z.number(),
  pvKw: z.number(),
  /** Positive = discharge. */
  batteryKw: z.number(),
  stateOfCharge: z.number(),
  importKw: z.number(),
  /** Mean import over the quarter hour that runs, so far: what the agent holds under its limit. */
  quarterHourKw: z.number(),
  voltagePu: z.number(),
});
export type SiteReport = z.output<typeof SiteReport>;

/** What the simulator process says of its plant, several times a second, as one JSON line. */
export const PlantReport = z.strictObject({
  /** Simulated Unix time, ms. */
  tMs: z.number(),
  importKw: z.number(),
  minVoltage: z.strictObject({ bus: z.string(), pu: z.number() }),
  /** Highest quarter-hour mean import of the feeder so far, kW; null before a whole quarter hour. */
  peakImportKw: z.number().nullable(),
  /** The last whole quarter hour: when it began, Unix ms, and the feeder's mean import, kW. */
  lastQuarter: z.strictObject({ startMs: z.number(), importKw: z.number() }).nullable(),
  /** Lowest voltage so far, per unit. */
  lowestVoltagePu: z.number(),
  sites: z.array(SiteReport),
});
export type PlantReport = z.output<typeof PlantReport>;

/** First line of the simulator process: where each device listens. */
export const DevicesReady = z.strictObject({
  ready: z.literal(true),
  /** Port by asset, by site. */
  ports: z.record(z.string(), z.record(z.string(), z.int())),
});
export type DevicesReady = z.output<typeof DevicesReady>;
