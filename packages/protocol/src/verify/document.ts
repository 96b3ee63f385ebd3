import { assert } from '@tieline/kernel';
import {
  documentAad,
  parseSign,
  parseSign1,
  signSign,
  signSign1,
  verifySign1,
  verifySignature,
} from '../cose/envelope.ts';
import type { Claims, ContentHeader, KeyHeader } from '../cose/headers.ts';
import type { HeldKey } from '../crypto/key-file.ts';
import { type Kind, typOf } from '../kinds.ts';
import { scopeCoversSite, type Trust, type TrustedKey, thresholdOf } from '../trust/trust.ts';
import { reading, refusal } from './failure.ts';
import {
  checkClaims,
  checkIssuer,
  checkKey,
  checkSize,
  checkTrustInForce,
  checkTyp,
  checkWindow,
} from './signed.ts';

/** Documents that several people may have to sign are COSE_Sign; all others are COSE_Sign1. */
const SEVERAL_SIGNERS: ReadonlySet<string> = new Set(['order', 'policy']);

export interface OpenedDocument<Body> {
  readonly body: Body;
  readonly claims: Claims;
  /** In the order of their signatures; distinct principals. */
  readonly signers: readonly TrustedKey[];
}

export interface DocumentReader {
  readonly trust: Trust;
  /** The site that would act on it, which every signer's scope must hold; null where nobody acts. */
  readonly site: string | null;
  /** Seconds since 1970; null while the clock is not trusted, and for what is verified long afterwards. */
  readonly wallS: number | null;
}

/** What stands in a document's external data: `model` for `desired/model`. */
export function documentNameOf(kind: Pick<Kind, 'name'>): string {
  return kind.name.replace(/^desired\//, '');
}

/**
 * Signs a document; `iss` is the first signer.
 * @throws {MessageError} where the body does not fit its kind
 */
export function sealDocument<Body>(
  kind: Kind<Body>,
  body: Body,
  anchor: Uint8Array,
  keys: readonly HeldKey[],
  claims: Omit<Claims, 'iss'>,
): Uint8Array {
  const [issuer] = keys;
  assert(kind.form === 'document' && issuer !== undefined, 'a document has a signer');
  const several = SEVERAL_SIGNERS.has(kind.name);
  assert(several || keys.length === 1, 'a COSE_Sign1 has one signer');
  const header = { typ: typOf(kind), claims: { ...claims, iss: issuer.principal } };
  checkClaims(kind, header);
  const payload = kind.message.encode(body);
  const aad = documentAad(anchor, documentNameOf(kind));
  const sealed = several
    ? signSign(
        header,
        payload,
        aad,
        keys.map(({ signer }) => signer),
      )
    : signSign1(header, payload, aad, issuer.signer);
  checkSize(kind, sealed);
  return sealed;
}

/**
 * Opens a document of any kind but trust: size, strict CBOR, shape, type, keys, signatures, as many distinct
 * principals as the trust document asks for, and its window.
 * @throws {VerifyError} at steps 1 to 8, and 11 for the window
 */
export function openDocument<Body>(
  kind: Kind<Body>,
  bytes: Uint8Array,
  reader: DocumentReader,
): OpenedDocument<Body> {
  checkSize(kind, bytes);
  const parsed = reading(() => parseEither(kind, bytes));
  const body = reading(() => kind.message.decode(parsed.payload));
  checkClaims(kind, parsed.header);
  checkTyp(kind, parsed.header);
  checkTrustInForce(kind, reader.trust, reader.wallS);
  const signers = parsed.signatures.map((one) => checkSigner(kind, one.header, reader));
  checkIssuer(parsed.header.claims, signers);
  checkDistinct(kind, signers, reader.trust);
  const aad = documentAad(reader.trust.anchor, documentNameOf(kind));
  for (const [k, one] of parsed.signatures.entries()) {
    const signer = signers[k]!;
    if (!one.verify(aad, signer)) throw refusal(8, 'signature_wrong', { kid: signer.kidText });
  }
  checkWindow(parsed.header.claims, reader.wallS, 11);
  return { body, claims: parsed.header.claims, signers };
}

/** What both envelopes have in common, once read. */
interface ParsedDocument {
  readonly header: ContentHeader;
  readonly payload: Uint8Array;
  readonly signatures: readonly {
    readonly header: KeyHeader;
    verify(aad: Uint8Array, signer: TrustedKey): boolean;
  }[];
}

function parseEither(kind: Kind, bytes: Uint8Array): ParsedDocument {
  if (!SEVERAL_SIGNERS.has(kind.name)) {
    const message = parseSign1(bytes);
    const { header, payload } = message;
    const verify = (aad: Uint8Array, { verifier }: TrustedKey) =>
      verifySign1(message, aad, verifier);
    return { header, payload, signatures: [{ header, verify }] };
  }
  const document = parseSign(bytes);
  const signatures = document.signatures.map((one) => ({
    header: one.header,
    verify: (aad: Uint8Array, { verifier }: TrustedKey) =>
      verifySignature(document, one, aad, verifier),
  }));
  return { header: document.header, payload: document.payload, signatures };
}

function checkSigner(kind: Kind, header: KeyHeader, reader: DocumentReader): TrustedKey {
  assert(kind.signedBy !== null, 'a document has a signer');
  const signer = checkKey(reader.trust, header, kind.signedBy, reader.wallS);
  if (reader.site !== null && !scopeCoversSite(signer.scope, reader.site)) {
    throw refusal(6, 'site_out_of_scope', { principal: signer.principal, site: reader.site });
  }
  return signer;
}

/** One person with two keys is one person. */
function checkDistinct(kind: Kind, signers: readonly TrustedKey[], trust: Trust): void {
  assert(kind.signedBy !== null, 'a document has a signer');
  const principals = new Set<string>();
  for (const { principal } of signers) {
    if (principals.has(principal)) throw refusal(6, 'principal_doubled', { principal });
    principals.add(principal);
  }
  const needed = thresholdOf(trust, kind.signedBy);
  if (principals.size < needed) {
    throw refusal(6, 'threshold_missed', { signed: principals.size, needed });
  }
}
