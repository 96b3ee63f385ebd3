import { LoadZip } from '@tieline/grid';
import { DAY_MS } from '@tieline/kernel';
import { z } from 'zod';
import { Duration, Fraction, MagnitudeKw, Name, PowerKw } from './values.ts';

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

const Bus = z.string().min(1).max(64);

const Site = z.strictObject({
  copies: z
    .exactOptional(z.int().min(1).max(1_000))
    .describe('So many of this site: NAME-1, NAME-2 … What is said of NAME is said of each.'),
  bus: z
    .union([Bus, z.array(Bus).min(1).max(4_096)])
    .describe(
      "Bus of the feeder; its sites take the place of its load. Of copies: several buses, taken in turn, or '*' for " +
        'every bus that draws something.',
    ),
  loadPeakKw: MagnitudeKw.min(0.001).describe('Load of an ordinary evening peak.'),
  pvPeakKw: MagnitudeKw.default(0).describe('Largest output of the sun; 0: no PV.'),
  pvInverterKw: z
    .exactOptional(MagnitudeKw.min(0.001))
    .describe('What the PV gives at most; smaller than its panels, it clips them.'),
  loadCsv: z
    .exactOptional(z.string().min(1).max(300))
    .describe('CSV file with load_kw, in the place of the profile.'),
  battery: z
    .exactOptional(
      z.strictObject({
        powerKw: MagnitudeKw.min(0.001).describe('Largest charge and discharge.'),
        energyKwh: MagnitudeKw.min(0.001).describe('Usable energy.'),
        stateOfCharge: Fraction.default(0.7).describe('At the beginning, 0 to 1.'),
        efficiency: Fraction.min(0.01).default(0.96).describe('Each way, 0 to 1.'),
        apparentKva: z
          .exactOptional(MagnitudeKw.min(0.001))
          .describe('Of the inverter: active power comes first, reactive power gets what is left.'),
        reactiveKvar: z
          .exactOptional(PowerKw)
          .describe('What it gives besides, positive into the grid.'),
        derating: z
          .exactOptional(
            z
              .strictObject({
                fromC: z.number().min(-50).max(100),
                zeroC: z.number().min(-50).max(100),
              })
              .refine(({ fromC, zeroC }) => fromC < zeroC, 'fromC is not below zeroC'),
          )
          .describe('Whole power up to fromC outdoors, none at zeroC, linear between.'),
      }),
    )
    .describe('Left out: no battery; then there must be PV, or cars that are steered.'),
  ev: z
    .exactOptional(
      z
        .strictObject({
          chargers: z.int().min(1).max(1_000).describe('One car each, every day.'),
          powerKw: MagnitudeKw.min(0.001).default(11).describe('Of a charger.'),
          energyKwh: MagnitudeKw.min(0.001).default(12).describe('Mean of a car and day.'),
          arrives: Duration.prefault('17h').describe('After midnight UTC.'),
          spread: Duration.prefault('2h').describe('They come up to so much earlier or later.'),
          stays: Duration.prefault('12h').describe('Plugged in; then each leaves, full or not.'),
          steered: z
            .boolean()
            .default(false)
            .describe('The agent may hold them back: then they are an asset, ev, with a device.'),
        })
        .refine(
          ({ spread, stays }) => stays + 2 * spread <= DAY_MS,
          'stays and twice the spread are longer than a day: the next car finds its charger taken',
        ),
    )
    .describe('Cars that charge when they come: a load beside the load.'),
  loadZip: z
    .exactOptional(LoadZip)
    .describe(
      'How the load follows the voltage: shares of constant impedance z, current i, power p.',
    ),
  coldLoad: z
    .exactOptional(
      z.strictObject({
        factor: z.number().min(1).max(10).describe('Of the load, when it is back.'),
        fullAfter: Duration.prefault('30m').describe('An outage that leaves all of it.'),
        holds: Duration.prefault('10m').describe('It stays there for so long.'),
        decays: Duration.prefault('20m').describe('Time constant with which it falls off then.'),
      }),
    )
    .describe('After an outage the load is higher for a while.'),
  quarterHourImportMaxKw: MagnitudeKw.describe('The mean import that the site is held under.'),
  policy: Policy.default({}),
});

/** Every site of a scenario, by name. */
export const Sites = z.record(Name, Site);
export type Sites = z.output<typeof Sites>;

/** One of them: a site at a bus. */
export type PlacedSite = Omit<Sites[string], 'bus' | 'copies'> & { readonly bus: string };
