import { z } from 'zod';
import { Actions } from './action.ts';
import { defineMessage } from './define.ts';
import {
  AssetId,
  bytes,
  Digest,
  Fraction,
  PowerKw,
  Sentence,
  SessionNonce,
  SiteId,
  Version,
} from './fields.ts';

/** What the people who signed took for granted, and the agent can check by itself. */
export const Assumptions = z.strictObject({
  /** Import at the site meter, kW, when the command arrives. */
  siteImportKw: z.exactOptional(z.strictObject({ min: PowerKw, max: PowerKw })),
  stateOfChargeMin: z.exactOptional(
    z.array(z.strictObject({ asset: AssetId, min: Fraction })).max(32),
  ),
  /** Digest of the feeder's switching state that was looked at. */
  topology: z.exactOptional(Digest),
});
export type Assumptions = z.output<typeof Assumptions>;

export const OrderTarget = z.strictObject({
  site: SiteId,
  actions: Actions,
  /** The boot that the order is meant for: always in a critical order, and where the agent's clock is not trusted. */
  sess: z.exactOptional(SessionNonce),
  assumes: Assumptions,
});
export type OrderTarget = z.output<typeof OrderTarget>;

export const OrderClass = z.enum(['routine', 'critical']);
export type OrderClass = z.output<typeof OrderClass>;

/**
 * What people sign. Not-before and not-after are the claims `nbf` and `exp` of its header.
 * A COSE_Sign document: one signature for each person.
 */
export const Order = defineMessage({
  kind: 'order',
  bytesMax: 8_192,
  body: z.strictObject({
    id: bytes(16),
    class: OrderClass,
    targets: z.array(OrderTarget).min(1).max(64),
    reason: Sentence,
    policyVersionMin: Version,
    /** SHA-256 of the preview that was on the screen. */
    preview: z.exactOptional(Digest),
  }),
});
export type Order = z.output<typeof Order.body>;
