import { assert, clipText, equalBytes, toHex } from '@tieline/kernel';
import { addressedAad, parseSign1, type Sign1, signSign1, verifySign1 } from '../cose/envelope.ts';
import type { Claims } from '../cose/headers.ts';
import type { HeldKey } from '../crypto/key-file.ts';
import { type Kind, typOf } from '../kinds.ts';
import {
  parseTopic,
  printTopic,
  TOPICS,
  type Topic,
  TopicError,
  type TopicKind,
} from '../topics.ts';
import { scopeCoversSite, type Trust, type TrustedKey } from '../trust/trust.ts';
import type { VerificationBudget } from './budget.ts';
import { reading, refusal } from './failure.ts';
import {
  checkClaims,
  checkIssuer,
  checkKey,
  checkSize,
  checkTrustInForce,
  checkTyp,
} from './signed.ts';

/** `aud` of what goes to the control plane; no site can have this name. */
export const CONTROL_AUDIENCE = '@control';

/** One message as the bus delivered it. */
export interface Arrival {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Replayed by the broker from its store. */
  readonly retained: boolean;
}

/** What the receiver knows when a message arrives. */
export interface Receiver {
  readonly trust: Trust;
  /** The agent's own site; null at the control plane, which hears every site. */
  readonly site: string | null;
  /** The session that a `sess` claim must name; null where any is taken: a birth begins one. */
  readonly sess: Uint8Array | null;
  readonly budget: VerificationBudget;
  /** Monotonic. */
  readonly nowMs: number;
  /** Seconds since 1970; null while the clock is not trusted. */
  readonly wallS: number | null;
}

/** A message whose author is proven. */
export interface Opened<Body> {
  readonly body: Body;
  readonly claims: Claims;
  readonly author: TrustedKey;
  readonly topic: Topic;
}

/** What a sender knows of an addressed message. */
export interface Sender {
  readonly anchor: Uint8Array;
  readonly deployment: string;
  /** The agent's site, whichever way the message goes. */
  readonly site: string;
  readonly key: HeldKey;
}

/**
 * Signs an addressed message; `iss` and `aud` are filled in.
 * @returns its topic and its bytes
 * @throws {MessageError} where the body does not fit its kind
 */
export function sealAddressed<Body>(
  kind: Kind<Body>,
  body: Body,
  sender: Sender,
  claims: Omit<Claims, 'iss' | 'aud'>,
): { readonly topic: string; readonly payload: Uint8Array } {
  const { anchor, deployment, site, key } = sender;
  const topicKind = topicKindOf(kind);
  const topic = printTopic({ deployment, site, kind: topicKind });
  const header = {
    typ: typOf(kind),
    claims: { ...claims, iss: key.principal, aud: audienceOf(topicKind, site) },
  };
  checkClaims(kind, header);
  const sealed = signSign1(
    header,
    kind.message.encode(body),
    addressedAad(anchor, topic),
    key.signer,
  );
  checkSize(kind, sealed);
  return { topic, payload: sealed };
}

/**
 * Opens an addressed message of any kind: the first eight checks of protocol.md in their order, and that the
 * signer's scope holds the site.
 * @throws {VerifyError}
 */
export function openAddressed<Body>(
  kind: Kind<Body>,
  arrival: Arrival,
  receiver: Receiver,
): Opened<Body> {
  const opened = openSigned(kind, arrival, receiver);
  checkSiteScope(opened.author, opened.topic.site);
  return opened;
}

/** The first eight checks alone: what follows them has an author. @throws {VerifyError} */
export function openSigned<Body>(
  kind: Kind<Body>,
  arrival: Arrival,
  receiver: Receiver,
): Opened<Body> {
  checkSize(kind, arrival.payload);
  checkNotRetained(arrival);
  const message = reading(() => parseSign1(arrival.payload));
  const body = reading(() => kind.message.decode(message.payload));
  checkClaims(kind, message.header);
  checkTyp(kind, message.header);
  const topic = checkTopic(kind, arrival.topic, receiver);
  checkAudience(message.header.claims, topic);
  checkSession(message.header.claims, receiver.sess);
  checkTrustInForce(kind, receiver.trust, receiver.wallS);
  const author = checkAuthor(kind, message, topic, receiver);
  checkBudget(arrival.topic, receiver);
  checkSignature(message, arrival.topic, receiver.trust, author);
  return { body, claims: message.header.claims, author, topic };
}

function checkNotRetained(arrival: Arrival): void {
  if (arrival.retained) throw refusal(1, 'message_retained');
}

function checkTopic(kind: Kind, text: string, receiver: Receiver): Topic {
  const topic = readTopic(text);
  const expected =
    topic !== null &&
    topic.kind === kind.name &&
    topic.deployment === receiver.trust.document.deployment &&
    (receiver.site === null || topic.site === receiver.site);
  if (!expected) throw refusal(4, 'topic_wrong', { topic: clipText(text, 200) });
  return topic;
}

function readTopic(text: string): Topic | null {
  try {
    return parseTopic(text);
  } catch (thrown) {
    if (thrown instanceof TopicError) return null;
    throw thrown;
  }
}

function checkAudience(claims: Claims, topic: Topic): void {
  if (claims.aud !== audienceOf(topic.kind, topic.site)) {
    throw refusal(4, 'audience_wrong', { aud: claims.aud ?? '' });
  }
}

function checkSession(claims: Claims, sess: Uint8Array | null): void {
  if (sess === null || claims.sess === undefined || equalBytes(claims.sess, sess)) return;
  throw refusal(5, 'session_other', { sess: toHex(claims.sess) });
}

function checkAuthor(kind: Kind, message: Sign1, topic: Topic, receiver: Receiver): TrustedKey {
  assert(kind.signedBy !== null, 'an addressed message has a signer');
  const author = checkKey(receiver.trust, message.header, kind.signedBy, receiver.wallS);
  checkIssuer(message.header.claims, [author]);
  // An agent speaks for its own site alone: that much is known before the signature is paid for.
  if (kind.signedBy === 'agent' && !scopeCoversSite(author.scope, topic.site)) {
    throw refusal(6, 'site_out_of_scope', { principal: author.principal, site: topic.site });
  }
  return author;
}

function checkBudget(topic: string, receiver: Receiver): void {
  if (!receiver.budget.spend(topic, receiver.nowMs)) throw refusal(7, 'budget_spent', { topic });
}

function checkSignature(message: Sign1, topic: string, trust: Trust, author: TrustedKey): void {
  if (!verifySign1(message, addressedAad(trust.anchor, topic), author.verifier)) {
    throw refusal(8, 'signature_wrong', { kid: author.kidText });
  }
}

function checkSiteScope(author: TrustedKey, site: string): void {
  if (!scopeCoversSite(author.scope, site)) {
    throw refusal(13, 'site_out_of_scope', { principal: author.principal, site });
  }
}

function topicKindOf(kind: Kind): TopicKind {
  assert(
    kind.form === 'addressed' && Object.hasOwn(TOPICS, kind.name),
    'an addressed kind has a topic',
  );
  return kind.name as TopicKind;
}

function audienceOf(kind: TopicKind, site: string): string {
  return TOPICS[kind].direction === 'to-agent' ? site : CONTROL_AUDIENCE;
}
