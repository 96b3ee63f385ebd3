import { messageOf, toHex } from '@tieline/kernel';
import {
  ALG_ED25519,
  type AuditReceipt,
  addressedAad,
  type Checkpoint,
  documentAad,
  type HeldKey,
  KINDS,
  type Kind,
  parseSign1,
  printTopic,
  type Sign1,
  sealAddressed,
  sealDocument,
  type TreeHead,
  typOf,
  type Verifier,
  verifySign1,
} from '@tieline/protocol';
import { AuditError, type Statement } from './failure.ts';

/** Which log: that of one site of one deployment. */
export interface LogIdentity {
  /** SHA-256 of the deployment's first root document. */
  readonly anchor: Uint8Array;
  readonly deployment: string;
  readonly site: string;
}

/** The keys that may speak of logs, as the trust document gives them. */
export interface AuditKeys {
  readonly anchor: Uint8Array;
  readonly deployment: string;
  /** The key of that id, if it has that role for that site; null otherwise. */
  find(
    kid: Uint8Array,
    role: 'agent' | 'witness',
    site: string,
  ): { readonly verifier: Verifier; readonly principal: string } | null;
}

/** `deployment/site`: names a log in its checkpoints and receipts. */
export function originOf(identity: LogIdentity): string {
  return `${identity.deployment}/${identity.site}`;
}

/** The agent says: my log of `size` records has this root. No time in it: the same head, the same bytes. */
export function sealCheckpoint(key: HeldKey, identity: LogIdentity, head: TreeHead): Uint8Array {
  const body = { origin: originOf(identity), ...head };
  return sealDocument(KINDS.checkpoint, body, identity.anchor, [key], {});
}

/** The witness says: I hold the log up to this head. The message that goes to the agent, whole. */
export function sealReceipt(
  key: HeldKey,
  identity: LogIdentity,
  issuedAtS: number,
  head: TreeHead,
): Uint8Array {
  const body = { origin: originOf(identity), ...head };
  return sealAddressed(KINDS.auditReceipt, body, { ...identity, key }, { iat: issuedAtS }).payload;
}

/** @throws {AuditError} signature_refused | origin_foreign */
export function openCheckpoint(
  message: Uint8Array,
  identity: LogIdentity,
  keys: AuditKeys,
): TreeHead {
  return opened('checkpoint', KINDS.checkpoint, message, identity, keys, checkpointAad(identity));
}

/** Judged by signature and role alone: a receipt does not expire. @throws {AuditError} as above */
export function openReceipt(message: Uint8Array, identity: LogIdentity, keys: AuditKeys): TreeHead {
  return opened('receipt', KINDS.auditReceipt, message, identity, keys, receiptAad(identity));
}

type StatementKind = Kind<Checkpoint> | Kind<AuditReceipt>;

function opened(
  what: Statement,
  kind: StatementKind,
  message: Uint8Array,
  identity: LogIdentity,
  keys: AuditKeys,
  aad: Uint8Array,
): TreeHead {
  const refuse = (reason: string, cause?: unknown): AuditError =>
    new AuditError({ code: 'signature_refused', what, reason }, undefined, { cause });
  let sign1: Sign1;
  let body: Checkpoint;
  try {
    sign1 = parseSign1(message);
    body = kind.message.decode(sign1.payload);
  } catch (thrown) {
    throw refuse(messageOf(thrown), thrown);
  }
  const { alg, kid, typ, claims } = sign1.header;
  if (alg !== ALG_ED25519 || typ !== typOf(kind)) throw refuse('another algorithm or type');
  const key = keys.find(kid, kind.signedBy === 'witness' ? 'witness' : 'agent', identity.site);
  if (key === null) throw refuse(`key ${toHex(kid)} may not sign this`);
  if (!verifySign1(sign1, aad, key.verifier)) throw refuse('the signature is wrong');
  const names = Object.keys(claims).toSorted().join();
  const expected = [...kind.claims].toSorted().join();
  if (names !== expected || claims.iss !== key.principal) throw refuse('other claims');
  if ((claims.aud ?? identity.site) !== identity.site) throw refuse('another audience');
  if (body.origin !== originOf(identity)) {
    const [wanted, found] = [originOf(identity), body.origin];
    throw new AuditError({ code: 'origin_foreign', what, expected: wanted, found });
  }
  return { size: body.size, root: body.root };
}

const checkpointAad = (identity: LogIdentity): Uint8Array =>
  documentAad(identity.anchor, KINDS.checkpoint.name);

const receiptAad = ({ anchor, deployment, site }: LogIdentity): Uint8Array =>
  addressedAad(anchor, printTopic({ deployment, site, kind: 'audit-receipt' }));
