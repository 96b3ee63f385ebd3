import { AuditReceipt, AuditUpload, Checkpoint } from './messages/audit.ts';
import { Command } from './messages/command.ts';
import type { MessageDefinition } from './messages/define.ts';
import { Birth, Death, Heartbeat, Presence, TimeAsk, TimeTell } from './messages/lifecycle.ts';
import { BlockHave, BlockWant, DesiredModel, Freshness, Release } from './messages/model.ts';
import { Order } from './messages/order.ts';
import { PolicyIndex } from './messages/policy.ts';
import { Receipt } from './messages/receipt.ts';
import { Telemetry } from './messages/telemetry.ts';

/** Roles of the trust document (protocol.md, "Trust"); `agent` binds a signing key to its own site. */
export const ROLES = [
  'root',
  'operator',
  'dispatch',
  'policy',
  'release',
  'director',
  'freshness',
  'time',
  'witness',
  'agent',
] as const;
export type Role = (typeof ROLES)[number];

/** CWT claims that a protected header may hold, by name. */
export type ClaimName =
  | 'iss'
  | 'sub'
  | 'aud'
  | 'iat'
  | 'nbf'
  | 'exp'
  | 'cti'
  | 'epoch'
  | 'seq'
  | 'sess'
  | 'pol';

/** How one kind travels, who may sign it and which claims it carries: exactly those. */
export interface Kind<Body = unknown> {
  readonly name: string;
  /** `addressed` goes to one receiver under one topic; a `document` is signed once for many. */
  readonly form: 'addressed' | 'document' | 'unsigned';
  readonly signedBy: Role | null;
  readonly claims: readonly ClaimName[];
  readonly message: MessageDefinition<Body>;
}

function kind<Body>(
  message: MessageDefinition<Body>,
  form: Kind['form'],
  signedBy: Role | null,
  claims: readonly ClaimName[] = [],
): Kind<Body> {
  return { name: message.kind, form, signedBy, claims, message };
}

/** The one table of kinds. Documents of several signers are COSE_Sign, all others COSE_Sign1. */
export const KINDS = {
  command: kind(Command, 'addressed', 'dispatch', [
    'iss',
    'aud',
    'iat',
    'cti',
    'epoch',
    'seq',
    'sess',
    'pol',
  ]),
  presence: kind(Presence, 'addressed', 'dispatch', ['iss', 'aud', 'iat', 'epoch', 'sess']),
  receipt: kind(Receipt, 'addressed', 'agent', ['iss', 'aud', 'iat', 'cti', 'sess']),
  birth: kind(Birth, 'addressed', 'agent', ['iss', 'aud', 'iat', 'cti', 'sess']),
  death: kind(Death, 'addressed', 'agent', ['iss', 'aud', 'iat', 'sess']),
  heartbeat: kind(Heartbeat, 'addressed', 'agent', ['iss', 'aud', 'iat', 'sess']),
  telemetry: kind(Telemetry, 'addressed', 'agent', ['iss', 'aud', 'iat', 'sess']),
  audit: kind(AuditUpload, 'addressed', 'agent', ['iss', 'aud', 'iat', 'sess']),
  auditReceipt: kind(AuditReceipt, 'addressed', 'witness', ['iss', 'aud', 'iat']),
  timeAsk: kind(TimeAsk, 'addressed', 'agent', ['iss', 'aud', 'iat', 'sess']),
  timeTell: kind(TimeTell, 'addressed', 'time', ['iss', 'aud', 'iat']),
  checkpoint: kind(Checkpoint, 'document', 'agent', ['iss']),
  order: kind(Order, 'document', 'operator', ['iss', 'iat', 'nbf', 'exp']),
  policy: kind(PolicyIndex, 'document', 'policy', ['iss', 'iat']),
  release: kind(Release, 'document', 'release', ['iss', 'iat']),
  desiredModel: kind(DesiredModel, 'document', 'director', ['iss', 'iat']),
  freshness: kind(Freshness, 'document', 'freshness', ['iss', 'iat', 'exp']),
  blockWant: kind(BlockWant, 'unsigned', null),
  blockHave: kind(BlockHave, 'unsigned', null),
} as const;

/** `application/vnd.tieline.command.v1+cose` (RFC 9596). */
export function typOf(kind: Pick<Kind, 'name'>): string {
  return `application/vnd.tieline.${kind.name.replaceAll('/', '-')}.v1+cose`;
}
