import { DeploymentId } from '@tieline/kernel';
import { z } from 'zod';
import { Principal } from '../crypto/key-file.ts';
import { type Kind, ROLES } from '../kinds.ts';
import { defineMessage } from '../messages/define.ts';
import { bytes, Seconds, SiteId, Version } from '../messages/fields.ts';

const ACTION_TYPES = [
  'setpoint',
  'limit',
  'charge-target',
  'mode',
  'switch',
  'tap',
  'cede',
] as const;
export type ActionType = (typeof ACTION_TYPES)[number];

export const ASSET_CLASSES = ['battery', 'pv', 'flexible-load', 'load', 'meter'] as const;
/** What an asset is. `meter` is the site's own connection to the feeder. */
export type AssetClass = (typeof ASSET_CLASSES)[number];

const some = <Item extends z.ZodType>(item: Item, max: number) =>
  z.union([z.literal('*'), z.array(item).min(1).max(max)]);

/** What a key may speak about; `'*'` is everything. */
export const Scope = z.strictObject({
  sites: some(SiteId, 1_024),
  actions: some(z.enum(ACTION_TYPES), ACTION_TYPES.length),
  /** Absent = every class. */
  assetClasses: z.exactOptional(z.array(z.enum(ASSET_CLASSES)).min(1).max(ASSET_CLASSES.length)),
});
export type Scope = z.output<typeof Scope>;

export const TrustKey = z.strictObject({
  /** First 16 bytes of SHA-256 over the public key. */
  kid: bytes(16),
  publicKey: bytes(32),
  principal: Principal,
  roles: z.array(z.enum(ROLES)).min(1).max(ROLES.length),
  scope: Scope,
  expires: z.exactOptional(Seconds),
});
export type TrustKey = z.output<typeof TrustKey>;

/** A thousand sites, and the people and services beside them. */
export const TRUST_KEYS_MAX = 1_280;
/** A key takes about twenty CBOR items; where long lists make it more, the bound of items is met sooner. */
const TRUST_ITEMS_MAX = 32_768;

/**
 * Who may sign what. The agent's signing key stands here as well, bound to its site, so that an exported
 * audit log can be verified with this document alone. It comes from a file handed over at provisioning, never from
 * the broker: so it may be larger than anything that a stranger can send (docs/adr/0022).
 */
export const TrustDocument = defineMessage({
  kind: 'desired/trust',
  // A key of an agent takes some two hundred bytes.
  bytesMax: 393_216,
  itemsMax: TRUST_ITEMS_MAX,
  body: z.strictObject({
    version: Version.min(1),
    deployment: DeploymentId,
    /** A simulated deployment may run on a sped-up clock; a real one refuses to. */
    world: z.enum(['real', 'simulated']),
    issuedAt: Seconds,
    /** Afterwards no new order or command is taken; local control goes on. */
    expires: Seconds,
    keys: z.array(TrustKey).min(1).max(TRUST_KEYS_MAX),
    /** How many distinct principals must sign for a role; one where nothing is said. */
    thresholds: z.partialRecord(z.enum(ROLES), z.int().min(1).max(9)),
  }),
});
export type TrustDocument = z.output<typeof TrustDocument.body>;

export const TRUST_KIND: Kind<TrustDocument> = {
  name: TrustDocument.kind,
  form: 'document',
  signedBy: 'root',
  claims: ['iss', 'iat'],
  message: TrustDocument,
};
