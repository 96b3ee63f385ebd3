import { DeploymentId } from '@tieline/kernel';
import { z } from 'zod';
import { defineMessage } from './define.ts';
import {
  AssetId,
  Digest,
  Fraction,
  MagnitudeKw,
  PowerKw,
  Seconds,
  SiteId,
  Version,
} from './fields.ts';

const Bounds = z
  .strictObject({ minKw: PowerKw, maxKw: PowerKw })
  .refine((bounds) => bounds.minKw <= bounds.maxKw, 'minKw is above maxKw');

/** What one asset may do. All powers kW, positive into the grid. */
export const AssetPolicy = z.strictObject({
  asset: AssetId,
  /** No one may pass it. */
  limit: Bounds,
  /**
   * The part of the limit that automation (the local rule, a model, a plan) may use alone. Of a flexible load `maxKw`
   * is what automation leaves it at least: −20 lets it draw 20 kW whatever the peak.
   */
  margin: Bounds,
  /** Automation never discharges below it; 0 where there is no store. */
  reserveStateOfCharge: Fraction,
  rampKwPerS: MagnitudeKw.min(0.001),
  /** Held when nothing else can be decided. */
  safePowerKw: PowerKw,
});
export type AssetPolicy = z.output<typeof AssetPolicy>;

export const SitePolicy = z.strictObject({
  site: SiteId,
  /** At the site meter, at any instant. */
  importMaxKw: MagnitudeKw,
  exportMaxKw: MagnitudeKw,
  /** The quarter-hour mean import that the site is held under: the demand that is billed. */
  quarterHourImportMaxKw: MagnitudeKw,
  /** Import at which a store may be charged again from the grid. */
  rechargeImportMaxKw: MagnitudeKw,
  assets: z.array(AssetPolicy).min(1).max(32),
  /** A changed setpoint stands at least this long, unless a limit forces it. */
  dwellMs: z.int().min(0).max(900_000),
  /** Changes between charging and discharging, per asset and hour, that automation may make. */
  reversalsPerHourMax: z.int().min(0).max(3_600),
  /** Ends of commands are spread by the agent over this window. */
  releaseWithinMs: z.int().min(0).max(900_000),
  /** Commands accepted per hour, whoever signed them. */
  commandsPerHourMax: z.int().min(1).max(3_600),
});
export type SitePolicy = z.output<typeof SitePolicy>;

const POLICY_SITES_MAX = 1_024;

const common = {
  version: Version.min(1),
  deployment: DeploymentId,
  issuedAt: Seconds,
  /** How many distinct people an order of the class needs. */
  approvals: z.strictObject({ routine: z.int().min(1).max(9), critical: z.int().min(1).max(9) }),
};

/** What people write and programs act on: the limits of a deployment, or of those of its sites that are at hand. */
export const Policy = z.strictObject({
  ...common,
  sites: z.array(SitePolicy).min(1).max(POLICY_SITES_MAX),
});
export type Policy = z.output<typeof Policy>;

/** One site's part of a policy, as a run of bytes of its own. */
export const PolicyPage = defineMessage({
  kind: 'policy-page',
  bytesMax: 16_384,
  body: SitePolicy,
});

/**
 * What people sign: SHA-256 of every site's page. So one signature covers a thousand sites, and each gets its own page
 * alone (docs/adr/0022). A site that stands not in it has no policy.
 */
export const PolicyIndex = defineMessage({
  kind: 'policy',
  bytesMax: 131_072,
  body: z.strictObject({
    ...common,
    pages: z.record(SiteId, Digest).refine((pages) => {
      const sites = Object.keys(pages).length;
      return sites >= 1 && sites <= POLICY_SITES_MAX;
    }, `1 to ${POLICY_SITES_MAX} sites`),
  }),
});
export type PolicyIndex = z.output<typeof PolicyIndex.body>;
