import { Actions, decodeCbor, encodeCbor, ReceiptStatus } from '@tieline/protocol';
import { z } from 'zod';
import type {
  AgentRecord,
  CommandRecord,
  ControlState,
  OfferRecord,
  OrderRecord,
  Quarantine,
  RungRecord,
  SeenSession,
} from '../../ports/records.ts';

/** Rows as SQLite gives them, and the records that they are. */

/** The same bytes without what Node's own class adds to them. */
export function plainBytes(blob: Uint8Array): Uint8Array {
  return new Uint8Array(blob.buffer, blob.byteOffset, blob.byteLength);
}

export interface AgentRow {
  readonly site: string;
  readonly sessions: string;
  readonly software: string | null;
  readonly born_wall_ms: number | null;
  readonly heard_wall_ms: number | null;
  readonly quarantine: string | null;
  readonly generation: number;
}

const Sessions: z.ZodType<readonly SeenSession[]> = z.array(
  z.strictObject({ sess: z.string(), boot: z.int().nullable(), sessionMs: z.int() }),
);
const QuarantineShape: z.ZodType<Quarantine> = z.strictObject({
  code: z.enum(['log_truncated', 'log_forked', 'boot_fell']),
  facts: z.record(z.string(), z.union([z.string(), z.number()])),
  sinceWallMs: z.int(),
});

export function agentOf(row: AgentRow): AgentRecord {
  return {
    site: row.site,
    sessions: Sessions.parse(JSON.parse(row.sessions)),
    software: row.software,
    bornWallMs: row.born_wall_ms,
    heardWallMs: row.heard_wall_ms,
    quarantine: row.quarantine === null ? null : QuarantineShape.parse(JSON.parse(row.quarantine)),
    generation: row.generation,
  };
}

export function agentRow(agent: AgentRecord): AgentRow {
  return {
    site: agent.site,
    sessions: JSON.stringify(agent.sessions),
    software: agent.software,
    born_wall_ms: agent.bornWallMs,
    heard_wall_ms: agent.heardWallMs,
    quarantine: agent.quarantine === null ? null : JSON.stringify(agent.quarantine),
    generation: agent.generation,
  };
}

export interface OrderRow {
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly class: OrderRecord['class'];
  readonly reason: string;
  readonly signers: string;
  readonly preview: string | null;
  readonly submitted_wall_ms: number;
}

export function orderOf(row: OrderRow): OrderRecord {
  return {
    id: row.id,
    bytes: plainBytes(row.bytes),
    class: row.class,
    reason: row.reason,
    signers: z.array(z.string()).parse(JSON.parse(row.signers)),
    preview: row.preview,
    submittedWallMs: row.submitted_wall_ms,
  };
}

export interface CommandRow {
  readonly id: string;
  readonly site: string;
  readonly basis_type: 'order' | 'plan';
  readonly basis: Uint8Array;
  readonly order_id: string | null;
  readonly actions: Uint8Array;
  readonly reason: string;
  readonly created_wall_ms: number;
  readonly not_before_wall_ms: number;
  readonly not_after_wall_ms: number;
  readonly bound_sess: string | null;
  readonly control_state: ControlState;
  readonly control_code: string | null;
}

export function commandOf(row: CommandRow): CommandRecord {
  return {
    id: row.id,
    site: row.site,
    basis: { type: row.basis_type, bytes: plainBytes(row.basis) },
    orderId: row.order_id,
    actions: Actions.parse(decodeCbor(row.actions)),
    reason: row.reason,
    createdWallMs: row.created_wall_ms,
    notBeforeWallMs: row.not_before_wall_ms,
    notAfterWallMs: row.not_after_wall_ms,
    boundSess: row.bound_sess,
    control: { state: row.control_state, code: row.control_code },
  };
}

export function commandRow(command: CommandRecord): CommandRow {
  return {
    id: command.id,
    site: command.site,
    basis_type: command.basis.type,
    basis: command.basis.bytes,
    order_id: command.orderId,
    actions: encodeCbor(command.actions),
    reason: command.reason,
    created_wall_ms: command.createdWallMs,
    not_before_wall_ms: command.notBeforeWallMs,
    not_after_wall_ms: command.notAfterWallMs,
    bound_sess: command.boundSess,
    control_state: command.control.state,
    control_code: command.control.code,
  };
}

export interface OfferRow {
  readonly cti: string;
  readonly command: string;
  readonly sess: string;
  readonly epoch: number;
  readonly seq: number;
  readonly message_digest: string;
  readonly offered_wall_ms: number;
  readonly generation: number;
}

export function offerOf(row: OfferRow): OfferRecord {
  const { cti, command, sess, generation, epoch, seq } = row;
  return {
    ...{ cti, command, sess, generation, epoch, seq },
    messageDigest: row.message_digest,
    offeredWallMs: row.offered_wall_ms,
  };
}

export interface RungRow {
  readonly site: string;
  readonly generation: number;
  readonly audit_index: number;
  readonly command: string;
  readonly action: number | null;
  readonly status: Uint8Array;
  readonly agent_wall_ms: number;
  readonly clock: RungRecord['clock'];
  readonly received_wall_ms: number;
  readonly digest: string;
}

export function rungOf(row: RungRow): RungRecord {
  const { site, generation, command, action, clock, digest } = row;
  return {
    ...{ site, generation, command, action, clock, digest },
    status: ReceiptStatus.parse(decodeCbor(row.status)),
    auditIndex: row.audit_index,
    agentWallMs: row.agent_wall_ms,
    receivedWallMs: row.received_wall_ms,
  };
}

export function rungRow(rung: RungRecord): RungRow {
  const { site, generation, command, action, clock, digest } = rung;
  return {
    ...{ site, generation, command, action, clock, digest },
    status: encodeCbor(rung.status),
    audit_index: rung.auditIndex,
    agent_wall_ms: rung.agentWallMs,
    received_wall_ms: rung.receivedWallMs,
  };
}
