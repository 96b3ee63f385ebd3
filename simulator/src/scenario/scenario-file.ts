import { z } from 'zod';
import { ScenarioEvent } from './events/index.ts';
import { GivenTapChanger } from './given-tap-changer.ts';
import { GivenTariff } from './given-tariff.ts';
import { GivenWeather } from './given-weather.ts';
import { Sites } from './site-size.ts';
import { At, Duration, Fraction, MagnitudeKw, Name } from './values.ts';

/*
 * The shape of a scenario file, and what each key means: the JSON Schema for editors is made from it. What one key
 * says of another (a site that is not there, a time beyond the end) is checked by `parseScenario`.
 */

export const SCENARIO_SCHEMA = 'tieline.scenario/1';

const Bound = z
  .strictObject({
    that: z.string().min(1).max(100).describe('A quantity: feeder.importKw, SITE.batteryKw …'),
    min: z.exactOptional(z.number()),
    max: z.exactOptional(z.number()),
    from: z.exactOptional(At),
    to: z.exactOptional(At),
  })
  .describe('A quantity keeps within bounds, at every second of a window.');

const Rung = z.enum([
  'accepted',
  'active',
  'confirmed by the device',
  'confirmed by measurement',
  'completed',
  'reverted',
  'refused',
  'clipped',
  'failed',
  'expired',
  'superseded',
  'cancelled',
  'overridden',
  'unknown',
  'an end',
]);

const Reaching = z
  .strictObject({
    order: Name,
    reaches: Rung,
    within: Duration.describe('After the order was signed.'),
  })
  .describe('An order gets so far, as the control plane hears of it.');

const Never = z.strictObject({ order: Name, never: Rung }).describe('An order never gets so far.');

const Saving = z
  .strictObject({
    saves: z.string().min(1).max(64).describe('`feeder`, or a site.'),
    atLeastKw: MagnitudeKw,
  })
  .describe('The highest quarter hour is lower than that of the same seed without control.');

const BillSaving = z
  .strictObject({
    billOf: z.string().min(1).max(64).describe('`feeder`, or a site.'),
    savesAtLeast: z.number().min(-1e9).max(1e9).describe("In the tariff's currency."),
  })
  .describe('The bill is lower than that of the same seed without control.');

const Moving = z
  .strictObject({
    movedBy: z.string().min(1).max(64).describe('`feeder`, or a site.'),
    atLeastKwh: z.exactOptional(z.number().min(0).max(1e9)),
    atMostShare: z.exactOptional(Fraction).describe('Of what its load draws.'),
  })
  .describe('Energy that is drawn at another time than without control.');

const Recorded = z
  .strictObject({
    recorded: z
      .string()
      .regex(/^[a-z_]{1,64}$/)
      .describe('A kind of audit record: foreign_setpoint, readings_doubted …'),
    site: Name,
    of: z.exactOptional(z.string().min(1).max(64)).describe('Its subject: an asset.'),
    min: z.exactOptional(z.int().min(0)),
    max: z.exactOptional(z.int().min(0)),
    from: z.exactOptional(At),
    to: z.exactOptional(At),
  })
  .describe(
    'The audit log of a site holds so many records of a kind from a window; at least one, unless said.',
  );

export const ScenarioFile = z.strictObject({
  scenario: z.literal(SCENARIO_SCHEMA),
  about: z.string().min(1).max(300).describe('The promise that the scenario keeps, in a sentence.'),
  feeder: z
    .string()
    .min(1)
    .max(300)
    .describe('A feeder that ships with Tieline, or a path to a file.'),
  start: z.iso
    .datetime('a time in UTC: 2026-03-03T18:00:00Z')
    .describe('Simulated time at which it begins, in UTC.'),
  for: Duration.refine(
    (ms) => ms >= 1_000,
    'less than a second, in which nothing is seen',
  ).describe('How long it takes, simulated.'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(1)
    .describe('Loads, weather, keys and network.'),
  weather: z.exactOptional(GivenWeather),
  tariff: z.exactOptional(GivenTariff),
  tapChanger: z.exactOptional(GivenTapChanger),
  sites: Sites,
  timeline: z.array(ScenarioEvent).max(10_000).default([]),
  expect: z
    .array(z.union([Bound, Reaching, Never, Saving, BillSaving, Moving, Recorded]))
    .max(1_000)
    .default([]),
});
export type ScenarioFile = z.output<typeof ScenarioFile>;
export type BoundExpectation = z.output<typeof Bound>;
export type OrderExpectation = z.output<typeof Reaching>;
export type NeverExpectation = z.output<typeof Never>;
export type SavingExpectation = z.output<typeof Saving>;
export type BillExpectation = z.output<typeof BillSaving>;
export type MovingExpectation = z.output<typeof Moving>;
export type RecordExpectation = z.output<typeof Recorded>;
export type ScenarioExpectation = ScenarioFile['expect'][number];

/** For editors. */
export function scenarioJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(ScenarioFile, { io: 'input' }), title: 'Tieline scenario' };
}
