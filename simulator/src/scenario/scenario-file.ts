import { DAY_MS, durationMs, SiteId } from '@tieline/kernel';
import { z } from 'zod';

/*
 * The shape of a scenario file, and what each key means: the JSON Schema for editors is made from it. What one key
 * says of another (a site that is not there, a time beyond the end) is checked by `readScenario`.
 */

export const SCENARIO_SCHEMA = 'tieline.scenario/1';

const DURATION_MAX_MS = 400 * DAY_MS;
const OFFSET_MAX_MS = 400 * DAY_MS;
const Duration = z
  .string()
  .regex(/^(\d+(\.\d+)?(ms|s|m|h|d))+$/, 'a number with its unit: 30s, 15m, 1h30m')
  .transform((text) => durationMs(text) ?? Number.NaN)
  .refine((ms) => ms <= DURATION_MAX_MS, 'longer than 400 days')
  .describe('A time with its unit: 30s, 15m, 1h30m.');
/** After the scenario begins. */
const At = Duration.describe('When, after the scenario begins: 30s, 15m, 1h30m.');
const PowerKw = z.number().min(-100_000).max(100_000);
const MagnitudeKw = z.number().min(0).max(100_000);
const Fraction = z.number().min(0).max(1);
const Name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, '1 to 32 of a-z, 0-9 and -');
const Asset = z.enum(['battery', 'pv', 'load', 'meter']);
const Controlled = z.enum(['battery', 'pv']);

const Policy = z
  .strictObject({
    importMaxKw: z.exactOptional(MagnitudeKw),
    exportMaxKw: z.exactOptional(MagnitudeKw),
    rechargeImportMaxKw: z.exactOptional(MagnitudeKw),
    dwellMs: z.exactOptional(z.int().min(0).max(900_000)),
    reversalsPerHourMax: z.exactOptional(z.int().min(0).max(3_600)),
    releaseWithinMs: z.exactOptional(z.int().min(0).max(900_000)),
    commandsPerHourMax: z.exactOptional(z.int().min(1).max(3_600)),
  })
  .describe('Parts of the signed policy that differ from what follows from the sizes.');

const Site = z.strictObject({
  bus: z
    .string()
    .min(1)
    .max(64)
    .describe('Bus of the feeder; the site takes the place of its load.'),
  loadPeakKw: MagnitudeKw.min(0.001).describe('Load of an ordinary evening peak.'),
  pvPeakKw: MagnitudeKw.default(0).describe('Largest output of the sun; 0: no PV.'),
  battery: z
    .exactOptional(
      z.strictObject({
        powerKw: MagnitudeKw.min(0.001).describe('Largest charge and discharge.'),
        energyKwh: MagnitudeKw.min(0.001).describe('Usable energy.'),
        stateOfCharge: Fraction.default(0.7).describe('At the beginning, 0 to 1.'),
        efficiency: Fraction.min(0.01).default(0.96).describe('Each way, 0 to 1.'),
      }),
    )
    .describe('Left out: no battery; then there must be PV.'),
  quarterHourImportMaxKw: MagnitudeKw.describe('The mean import that the site is held under.'),
  policy: Policy.default({}),
});

const Event = z.strictObject({
  at: At,
  order: z.exactOptional(
    z
      .strictObject({
        name: Name.describe('By which an expectation speaks of it.'),
        site: SiteId,
        asset: Controlled.default('battery'),
        kw: PowerKw.describe('Positive into the grid; for PV the most that it may give.'),
        for: Duration,
        rampKwPerS: z.exactOptional(MagnitudeKw.min(0.001)),
      })
      .describe('The operator signs an order for one asset, and the control plane takes it.'),
  ),
  cut: z.exactOptional(SiteId).describe('Nothing passes the link of this site any more.'),
  restore: z.exactOptional(SiteId).describe('The link of this site is back.'),
  link: z.exactOptional(
    z
      .strictObject({
        site: SiteId,
        delayMs: z.exactOptional(z.number().min(0).max(60_000)),
        jitterMs: z.exactOptional(z.number().min(0).max(60_000)),
        lossRate: z.exactOptional(Fraction),
        duplicateRate: z.exactOptional(Fraction),
      })
      .describe('How the link of a site treats messages from now on.'),
  ),
  kill: z.exactOptional(SiteId).describe('The agent of this site ends without a word.'),
  start: z.exactOptional(SiteId).describe('The agent of this site starts on the disk it left.'),
  device: z.exactOptional(
    z
      .strictObject({
        site: SiteId,
        asset: Asset,
        fault: z
          .enum(['none', 'silent', 'refuses', 'other-setpoint', 'lying-timer', 'forgets'])
          .describe(
            'other-setpoint: keeps half of a setpoint; lying-timer: its reversion never runs; forgets: restarts, once.',
          ),
      })
      .describe('A device misbehaves from now on, or no more.'),
  ),
  local: z.exactOptional(
    z
      .strictObject({ site: SiteId, asset: Controlled, on: z.boolean() })
      .describe('Somebody turns the key at the device.'),
  ),
  load: z.exactOptional(
    z
      .strictObject({ site: SiteId, addKw: PowerKw, for: Duration })
      .describe('The site draws more for a while, on top of its profile; less, if negative.'),
  ),
  cloud: z.exactOptional(
    z
      .strictObject({ for: Duration, share: Fraction })
      .describe('The sun gives only this share of what it would, on all sites, for a while.'),
  ),
  policy: z.exactOptional(
    z
      .strictObject({
        site: SiteId,
        quarterHourImportMaxKw: z.exactOptional(MagnitudeKw),
        importMaxKw: z.exactOptional(MagnitudeKw),
        exportMaxKw: z.exactOptional(MagnitudeKw),
      })
      .describe('The policy board signs the next version with these changes; it is published.'),
  ),
  control: z
    .exactOptional(z.enum(['stop', 'start']))
    .describe('The control plane ends without a word; it starts again on the disk it left.'),
  broker: z
    .exactOptional(z.literal('restart'))
    .describe('Every connection is reset at once, and what the broker retained is lost.'),
  clock: z.exactOptional(
    z
      .strictObject({ site: SiteId, offsetMs: z.int().min(-OFFSET_MAX_MS).max(OFFSET_MAX_MS) })
      .describe('The wall clock of the gateway of this site is so far off from now on.'),
  ),
  forge: z.exactOptional(
    z
      .strictObject({ site: SiteId })
      .describe('The last command to a site again, with one bit changed.'),
  ),
  replay: z.exactOptional(
    z
      .strictObject({ site: SiteId, to: z.exactOptional(SiteId) })
      .describe('The last command to a site again as it was; `to`: on the topic of another site.'),
  ),
});

const Bound = z
  .strictObject({
    that: z.string().min(1).max(100).describe('A quantity: feeder.importKw, SITE.batteryKw …'),
    min: z.exactOptional(z.number()),
    max: z.exactOptional(z.number()),
    from: z.exactOptional(At),
    to: z.exactOptional(At),
  })
  .describe('A quantity keeps within bounds, at every second of a window.');

const Reaching = z
  .strictObject({
    order: Name,
    reaches: z.enum([
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
    ]),
    within: Duration.describe('After the order was signed.'),
  })
  .describe('An order gets so far, as the control plane hears of it.');

const Saving = z
  .strictObject({
    saves: z.string().min(1).max(64).describe('`feeder`, or a site.'),
    atLeastKw: MagnitudeKw,
  })
  .describe('The highest quarter hour is lower than that of the same seed without control.');

export const ScenarioFile = z.strictObject({
  scenario: z.literal(SCENARIO_SCHEMA),
  about: z.string().min(1).max(300).describe('The promise that the scenario keeps, in a sentence.'),
  feeder: z
    .string()
    .min(1)
    .max(300)
    .describe('A feeder that ships with Tieline, or a path to a file.'),
  start: z.iso.datetime().describe('Simulated time at which it begins, in UTC.'),
  for: Duration.describe('How long it takes, simulated.'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(1)
    .describe('Loads, weather, keys and network.'),
  sites: z.record(Name, Site),
  timeline: z.array(Event).max(10_000).default([]),
  expect: z
    .array(z.union([Bound, Reaching, Saving]))
    .max(1_000)
    .default([]),
});
export type ScenarioFile = z.output<typeof ScenarioFile>;
export type ScenarioEvent = z.output<typeof Event>;
export type BoundExpectation = z.output<typeof Bound>;
export type OrderExpectation = z.output<typeof Reaching>;
export type SavingExpectation = z.output<typeof Saving>;
export type ScenarioExpectation = BoundExpectation | OrderExpectation | SavingExpectation;

/** What an event does: every key of it but `at`. */
export const EVENT_KINDS = Object.keys(Event.shape).filter((key) => key !== 'at');

/** For editors. */
export function scenarioJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(ScenarioFile, { io: 'input' }), title: 'Tieline scenario' };
}
