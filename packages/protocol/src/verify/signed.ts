import type { KeyHeader } from '../cose/headers.ts';
import { ALG_ED25519, type Claims, type ContentHeader } from '../cose/headers.ts';
import { type ClaimName, type Kind, type Role, typOf } from '../kinds.ts';
import { KeyError, resolveKey, type Trust, type TrustedKey } from '../trust/trust.ts';
import { refusal, type Step } from './failure.ts';

/*
 * The small steps that addressed messages and documents share: each looks at one thing, and throws.
 */

/** Kinds that an expired trust document stops; local control and reporting go on. */
const NEEDS_TRUST_IN_FORCE: ReadonlySet<string> = new Set(['command', 'order']);

/** Step 1. */
export function checkSize(kind: Pick<Kind, 'message'>, bytes: Uint8Array): void {
  const { bytesMax } = kind.message;
  if (bytes.length > bytesMax) {
    throw refusal(1, 'message_too_large', { bytes: bytes.length, bytesMax });
  }
}

/** Step 3: every claim of the kind is there, and no other. */
export function checkClaims(kind: Pick<Kind, 'claims'>, header: ContentHeader): void {
  for (const name of kind.claims) {
    if (header.claims[name] === undefined) throw refusal(3, 'claim_missing', { claim: name });
  }
  for (const name of Object.keys(header.claims) as ClaimName[]) {
    if (!kind.claims.includes(name)) {
      throw refusal(3, 'claim_forbidden', { claim: name });
    }
  }
}

/** Step 4. */
export function checkTyp(kind: Pick<Kind, 'name'>, header: ContentHeader): void {
  if (header.typ !== typOf(kind)) throw refusal(4, 'typ_wrong', { typ: header.typ });
}

/** Step 6: the trust document has not run out, as far as the clock can say. */
export function checkTrustInForce(
  kind: Pick<Kind, 'name'>,
  trust: Trust,
  wallS: number | null,
): void {
  const expiredS = trust.document.expires;
  if (NEEDS_TRUST_IN_FORCE.has(kind.name) && wallS !== null && wallS > expiredS) {
    throw refusal(6, 'trust_expired', { expiredS });
  }
}

/** Step 6: the key is known, has not expired, signs by its own algorithm and may act in the role. */
export function checkKey(
  trust: Trust,
  header: KeyHeader,
  role: Role,
  wallS: number | null,
): TrustedKey {
  if (header.alg !== ALG_ED25519) throw refusal(6, 'algorithm_wrong', { alg: header.alg });
  try {
    return resolveKey(trust, header.kid, role, wallS);
  } catch (thrown) {
    if (!(thrown instanceof KeyError)) throw thrown;
    const { code, ...facts } = thrown.failure;
    throw refusal(6, code, facts);
  }
}

/** Step 6: the message says who signed it, and that is who holds the key. */
export function checkIssuer(claims: Claims, keys: readonly TrustedKey[]): void {
  if (!keys.some((key) => key.principal === claims.iss)) {
    throw refusal(6, 'issuer_wrong', { iss: claims.iss ?? '' });
  }
}

/** The window of a document, where the clock can judge it. */
export function checkWindow(claims: Claims, wallS: number | null, step: Step): void {
  if (wallS === null) return;
  if (claims.nbf !== undefined && wallS < claims.nbf) {
    throw refusal(step, 'document_early', { notBeforeS: claims.nbf, nowS: wallS });
  }
  if (claims.exp !== undefined && wallS > claims.exp) {
    throw refusal(step, 'document_expired', { expiredS: claims.exp, nowS: wallS });
  }
}
