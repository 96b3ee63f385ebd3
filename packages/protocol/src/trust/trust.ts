import { assert, equalBytes, TielineError, toHex } from '@tieline/kernel';
import { documentAad, parseSign, type Sign, signSign, verifySignature } from '../cose/envelope.ts';
import { ALG_ED25519 } from '../cose/headers.ts';
import { kidOf, sha256 } from '../crypto/digest.ts';
import type { HeldKey } from '../crypto/key-file.ts';
import { nodeVerifier } from '../crypto/node-ed25519.ts';
import type { Verifier } from '../crypto/port.ts';
import { assertPublicKeySound, PublicKeyError } from '../crypto/public-key.ts';
import { type Role, typOf } from '../kinds.ts';
import {
  type ActionType,
  type AssetClass,
  type Scope,
  TRUST_KIND,
  TrustDocument,
} from './document.ts';

export type TrustFailure =
  | { readonly code: 'trust_typ_wrong'; readonly typ: string }
  | { readonly code: 'trust_claims_wrong'; readonly claim: string }
  | { readonly code: 'trust_not_first'; readonly version: number }
  | { readonly code: 'trust_key_unsound'; readonly kid: string; readonly fault: string }
  | { readonly code: 'trust_key_doubled'; readonly kid: string }
  | { readonly code: 'trust_agent_scope_wrong'; readonly kid: string; readonly principal: string }
  | {
      readonly code: 'trust_threshold_wrong';
      readonly role: Role;
      readonly threshold: number;
      /** How many could sign; one for a role whose messages carry one signature. */
      readonly principals: number;
    }
  | { readonly code: 'trust_signature_wrong'; readonly kid: string }
  | { readonly code: 'trust_threshold_missed'; readonly signed: number; readonly needed: number }
  | KeyFailure;

/** Why a key may not act; what looking one up can fail with. */
export type KeyFailure =
  | { readonly code: 'key_unknown'; readonly kid: string }
  | { readonly code: 'key_expired'; readonly kid: string; readonly expiredS: number }
  | { readonly code: 'role_missing'; readonly kid: string; readonly role: Role };

export class TrustError extends TielineError<TrustFailure> {}
export class KeyError extends TrustError {
  declare readonly failure: KeyFailure;
}

/** One key of the trust document, ready to verify with. */
export interface TrustedKey {
  readonly kid: Uint8Array;
  /** Hex. */
  readonly kidText: string;
  readonly principal: string;
  readonly roles: ReadonlySet<Role>;
  readonly scope: Scope;
  /** Seconds since 1970, or null where it does not expire by itself. */
  readonly expiresS: number | null;
  readonly verifier: Verifier;
}

/** A verified trust document, with every key imported once. */
export interface Trust {
  /** SHA-256 of the deployment's first root document: binds every signature to this deployment. */
  readonly anchor: Uint8Array;
  readonly document: TrustDocument;
  /** By kid, in hex. */
  readonly keys: ReadonlyMap<string, TrustedKey>;
}

/** The first document cannot name its own digest, so the anchor in its external data is empty. */
const NO_ANCHOR = new Uint8Array();

/** Signs a deployment's first trust document. `roots[0]` is named as its issuer. */
export function signTrust(document: TrustDocument, roots: readonly HeldKey[]): Uint8Array {
  const [issuer] = roots;
  assert(issuer !== undefined, 'a trust document has a signer');
  return signSign(
    { typ: typOf(TRUST_KIND), claims: { iss: issuer.principal, iat: document.issuedAt } },
    TrustDocument.encode(document),
    documentAad(NO_ANCHOR, 'trust'),
    roots.map(({ signer }) => signer),
  );
}

/**
 * Opens the trust file given at provisioning: the deployment's first root document, which is its own anchor.
 * It proves that nobody changed it since the roots signed it; that these are the right roots is what handing
 * over the file says. Whether it has expired is asked when a command arrives, never here: an agent must start.
 *
 * @throws {CborError | EnvelopeError | MessageError | TrustError}
 */
export function openTrust(bytes: Uint8Array): Trust {
  const signed = parseSign(bytes);
  assertHeader(signed);
  const document = TrustDocument.decode(signed.payload);
  if (document.version !== 1) {
    throw new TrustError({ code: 'trust_not_first', version: document.version });
  }
  const trust = { anchor: sha256(bytes), document, keys: indexKeys(document) };
  assertRootsSigned(signed, trust);
  assertThresholds(trust);
  // The dearest check comes last; a signature under an unsound root key does not survive it either.
  for (const { publicKey } of document.keys) assertSound(publicKey);
  return trust;
}

/**
 * The key of that id, if it may act in that role now.
 * @param wallS  seconds since 1970, or null while the clock is not trusted: expiry cannot be judged then
 * @throws {KeyError} key_unknown | key_expired | role_missing
 */
export function resolveKey(
  trust: Trust,
  kid: Uint8Array,
  role: Role,
  wallS: number | null,
): TrustedKey {
  const kidText = toHex(kid);
  const key = trust.keys.get(kidText);
  if (key === undefined) throw new KeyError({ code: 'key_unknown', kid: kidText });
  if (wallS !== null && key.expiresS !== null && wallS > key.expiresS) {
    throw new KeyError({ code: 'key_expired', kid: kidText, expiredS: key.expiresS });
  }
  if (!key.roles.has(role)) throw new KeyError({ code: 'role_missing', kid: kidText, role });
  return key;
}

/** How many distinct principals must sign in a role. */
export function thresholdOf(trust: Trust, role: Role): number {
  return trust.document.thresholds[role] ?? 1;
}

export function scopeCoversSite(scope: Scope, site: string): boolean {
  return scope.sites === '*' || scope.sites.includes(site);
}

/** @param assetClass  null for an action that is about no asset, or about one that nobody knows */
export function scopeCoversAction(
  scope: Scope,
  action: ActionType,
  assetClass: AssetClass | null,
): boolean {
  if (scope.actions !== '*' && !scope.actions.includes(action)) return false;
  return scope.assetClasses === undefined || assetClass === null
    ? true
    : scope.assetClasses.includes(assetClass);
}

function assertHeader({ header }: Sign): void {
  if (header.typ !== typOf(TRUST_KIND)) {
    throw new TrustError({ code: 'trust_typ_wrong', typ: header.typ });
  }
  const names = Object.keys(header.claims);
  const missing = TRUST_KIND.claims.find((name) => !names.includes(name));
  const odd = missing ?? names.find((name) => !TRUST_KIND.claims.some((known) => known === name));
  if (odd !== undefined) throw new TrustError({ code: 'trust_claims_wrong', claim: odd });
}

function indexKeys(document: TrustDocument): Map<string, TrustedKey> {
  const keys = new Map<string, TrustedKey>();
  for (const stated of document.keys) {
    const kidText = toHex(stated.kid);
    if (keys.has(kidText)) throw new TrustError({ code: 'trust_key_doubled', kid: kidText });
    if (!equalBytes(stated.kid, kidOf(stated.publicKey))) {
      throw new TrustError({ code: 'trust_key_unsound', kid: kidText, fault: 'kid' });
    }
    if (stated.roles.includes('agent')) assertAgentScope(stated, kidText);
    keys.set(kidText, {
      kid: stated.kid,
      kidText,
      principal: stated.principal,
      roles: new Set(stated.roles),
      scope: stated.scope,
      expiresS: stated.expires ?? null,
      verifier: nodeVerifier(stated.publicKey),
    });
  }
  return keys;
}

type StatedKey = TrustDocument['keys'][number];

function assertSound(publicKey: Uint8Array): void {
  try {
    assertPublicKeySound(publicKey);
  } catch (thrown) {
    if (!(thrown instanceof PublicKeyError)) throw thrown;
    const kid = toHex(kidOf(publicKey));
    throw new TrustError({ code: 'trust_key_unsound', kid, fault: thrown.failure.fault });
  }
}

/** An agent signs for its own site, under its own name, and holds no other role. */
function assertAgentScope({ principal, roles, scope }: StatedKey, kid: string): void {
  const own = scope.sites !== '*' && scope.sites.length === 1 && scope.sites[0] === principal;
  if (!own || roles.length > 1) {
    throw new TrustError({ code: 'trust_agent_scope_wrong', kid, principal });
  }
}

/** Roles whose documents carry a signature of each signer. */
const SEVERAL_SIGN: ReadonlySet<Role> = new Set(['root', 'operator', 'policy']);

/** A threshold that nobody asks about, or nobody can reach, is a promise that is not kept. */
function assertThresholds({ document, keys }: Trust): void {
  for (const role of Object.keys(document.thresholds) as Role[]) {
    const threshold = document.thresholds[role] ?? 1;
    const holders = [...keys.values()].filter((key) => key.roles.has(role));
    const able = SEVERAL_SIGN.has(role) ? new Set(holders.map((key) => key.principal)).size : 1;
    if (threshold > able) {
      throw new TrustError({ code: 'trust_threshold_wrong', role, threshold, principals: able });
    }
  }
}

function assertRootsSigned(signed: Sign, trust: Trust): void {
  const aad = documentAad(NO_ANCHOR, 'trust');
  const principals = new Set<string>();
  for (const one of signed.signatures) {
    const key = resolveKey(trust, one.header.kid, 'root', null);
    const verified =
      one.header.alg === ALG_ED25519 && verifySignature(signed, one, aad, key.verifier);
    if (!verified) throw new TrustError({ code: 'trust_signature_wrong', kid: key.kidText });
    principals.add(key.principal);
  }
  if (!principals.has(signed.header.claims.iss ?? '')) {
    throw new TrustError({ code: 'trust_claims_wrong', claim: 'iss' });
  }
  const needed = thresholdOf(trust, 'root');
  if (principals.size < needed) {
    throw new TrustError({ code: 'trust_threshold_missed', signed: principals.size, needed });
  }
}
