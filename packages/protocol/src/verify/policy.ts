import { assert, equalBytes } from '@tieline/kernel';
import { type CborValue, decodeCbor, encodeCbor } from '../cbor/codec.ts';
import { parseSign } from '../cose/envelope.ts';
import type { Claims } from '../cose/headers.ts';
import { sha256 } from '../crypto/digest.ts';
import type { HeldKey } from '../crypto/key-file.ts';
import { KINDS } from '../kinds.ts';
import { MessageError } from '../messages/define.ts';
import { type Policy, PolicyIndex, PolicyPage, type SitePolicy } from '../messages/policy.ts';
import {
  type DocumentReader,
  type OpenedDocument,
  openDocument,
  sealDocument,
} from './document.ts';
import { reading, refusal } from './failure.ts';

/*
 * The problem: people sign one policy for a thousand sites, and it is to reach each over a thin link, through a broker
 * that is not believed. A whole policy at every site would grow with the square of the sites.
 * Rejected: one document for each site. People would sign a thousand times, and a deployment would have no one version.
 * Invariant: a page is read only after a verified index has named its digest; and a reader is given exactly the pages
 * that are its own, so that one policy has one form for each.
 */

/** A whole policy: its index, and a page of each site. */
export const POLICY_BYTES_MAX = 2_097_152;
/** What one site gets: the index with its signatures, and one page. */
const PART_BYTES_MAX = PolicyIndex.bytesMax + PolicyPage.bytesMax;

type Pages = { readonly [site: string]: Uint8Array };

/** On the wire: `[index, pages]`, the index as it was signed and pages by site. */
interface Envelope {
  readonly index: Uint8Array;
  readonly pages: Pages;
}

/** Signs a whole policy. @throws {MessageError} where it does not fit its shape */
export function sealPolicy(
  { sites, ...common }: Policy,
  anchor: Uint8Array,
  keys: readonly HeldKey[],
  claims: Omit<Claims, 'iss'>,
): Uint8Array {
  const pages = Object.fromEntries(sites.map((site) => [site.site, PolicyPage.encode(site)]));
  assert(Object.keys(pages).length === sites.length, 'a policy names a site once');
  const digests = Object.fromEntries(
    Object.entries(pages).map(([site, page]) => [site, sha256(page)] as const),
  );
  const index = sealDocument(KINDS.policy, { ...common, pages: digests }, anchor, keys, claims);
  const bytes = encodeCbor([index, pages]);
  checkBytes(bytes, POLICY_BYTES_MAX);
  return bytes;
}

/**
 * What each site is to get of a whole policy that was opened before: its own page, or none where it is not named.
 * @throws {VerifyError} at step 2 or 3
 */
export function policyParts(bytes: Uint8Array): (site: string) => Uint8Array {
  const { index, pages } = readEnvelope(bytes);
  return (site) => {
    const page = Object.hasOwn(pages, site) ? pages[site] : undefined;
    return encodeCbor([index, page === undefined ? {} : { [site]: page }]);
  };
}

/**
 * Opens a policy: a whole one where the reader acts for no site, else what the reader's site is to get. `body.sites`
 * are those whose pages came: none where the policy does not name the reader's site.
 * @throws {VerifyError} as `openDocument`, and page_wrong at step 8 for pages that are not the reader's, or not those
 * that were signed
 */
export function openPolicy(bytes: Uint8Array, reader: DocumentReader): OpenedDocument<Policy> {
  checkBytes(bytes, reader.site === null ? POLICY_BYTES_MAX : PART_BYTES_MAX);
  const { index, pages } = readEnvelope(bytes);
  const opened = openDocument(KINDS.policy, index, reader);
  const { pages: digests, ...common } = opened.body;
  const wanted = Object.keys(digests).filter(
    (site) => reader.site === null || site === reader.site,
  );
  const given = Object.keys(pages).length;
  if (given !== wanted.length) throw refusal(8, 'page_wrong', { pages: given, of: wanted.length });
  const sites = wanted.map((site) => readPage(site, pages, digests[site]!));
  return { ...opened, body: { ...common, sites } };
}

/** What a whole policy says, to look at: nothing of it is verified. @throws {VerifyError} at steps 1 to 3 */
export function decodePolicy(bytes: Uint8Array): Policy {
  checkBytes(bytes, POLICY_BYTES_MAX);
  const { index, pages } = readEnvelope(bytes);
  return reading(() => {
    const { pages: _, ...common } = PolicyIndex.decode(parseSign(index).payload);
    return { ...common, sites: Object.values(pages).map((page) => PolicyPage.decode(page)) };
  });
}

function readPage(site: string, pages: Pages, digest: Uint8Array): SitePolicy {
  const page = Object.hasOwn(pages, site) ? pages[site] : undefined;
  if (page === undefined || !equalBytes(sha256(page), digest)) {
    throw refusal(8, 'page_wrong', { site });
  }
  const read = reading(() => PolicyPage.decode(page));
  if (read.site !== site) throw refusal(8, 'page_wrong', { site, page: read.site });
  return read;
}

function readEnvelope(bytes: Uint8Array): Envelope {
  return reading(() => {
    const value = decodeCbor(bytes);
    const [index, pages] = Array.isArray(value) && value.length === 2 ? (value as CborValue[]) : [];
    if (!(index instanceof Uint8Array)) throw malformed('index');
    if (!isPages(pages)) throw malformed('pages');
    return { index, pages };
  });
}

function isPages(value: CborValue | undefined): value is Pages {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value) || value instanceof Uint8Array) return false;
  if (value instanceof Map) return false;
  return Object.values(value).every((page) => page instanceof Uint8Array);
}

function malformed(place: string): MessageError {
  const reason = '[index, pages] expected: a byte string, and byte strings by site';
  return new MessageError({ code: 'message_malformed', kind: 'policy', place, reason });
}

function checkBytes(bytes: Uint8Array, bytesMax: number): void {
  if (bytes.length > bytesMax) {
    throw refusal(1, 'message_too_large', { bytes: bytes.length, bytesMax });
  }
}
