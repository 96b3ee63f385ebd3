import { toHex } from '@tieline/kernel';
import type { Action, ReceiptStatus } from '@tieline/protocol';
import type { ControlStore } from '../ports/control-store.ts';
import type { CommandRecord, OfferRecord, Quarantine, RungRecord } from '../ports/records.ts';
import { type AgentState, type Link, presentSession, type Reported } from './agent-state.ts';
import { type CommandSummary, summarise } from './ladder.ts';

/** What people and programs are shown; ids and digests as lower-case hex, times as Unix ms. */

export interface AgentView {
  readonly site: string;
  readonly link: Link;
  /** When the link came to be as it is; for `lost`, when the agent was last heard. */
  readonly sinceWallMs: number;
  readonly heardWallMs: number | null;
  readonly sess: string | null;
  readonly boot: number | null;
  readonly bornWallMs: number | null;
  readonly software: string | null;
  readonly quarantine: Quarantine | null;
  /** Disks that were replaced; each may have left a closed audit log. */
  readonly generation: number;
  readonly reported: Reported | null;
  /** Records of the agent's audit log that are stored and signed for here. */
  readonly auditReceipted: number;
  /** Commands without a receipt. */
  readonly waiting: number;
}

export interface CommandView extends CommandSummary {
  readonly id: string;
  readonly site: string;
  readonly order: string | null;
  readonly basis: 'order' | 'plan';
  readonly actions: readonly JsonActionView[];
  readonly reason: string;
  readonly createdWallMs: number;
  readonly notBeforeWallMs: number;
  readonly notAfterWallMs: number;
}

export interface CommandDetail extends CommandView {
  readonly offers: readonly OfferRecord[];
  readonly ladder: readonly RungView[];
}

export interface RungView {
  readonly state: ReceiptStatus['state'];
  readonly action: number | null;
  /** What is said beyond the state: code and facts, power, cause. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly auditIndex: number;
  readonly agentWallMs: number;
  readonly clock: RungRecord['clock'];
  readonly receivedWallMs: number;
}

/** An action with every byte string as hex. */
export type JsonActionView = Readonly<Record<string, unknown>> & { readonly type: Action['type'] };

export function agentView(state: AgentState, auditReceipted: number, waiting: number): AgentView {
  const present = presentSession(state);
  const { site, link, sinceWallMs, heardWallMs, bornWallMs, software, quarantine } = state;
  return {
    ...{ site, link, sinceWallMs, heardWallMs, bornWallMs, software, quarantine },
    sess: present?.sess ?? null,
    boot: present?.boot ?? null,
    generation: state.generation,
    reported: state.reported,
    auditReceipted,
    waiting,
  };
}

export function commandView(store: ControlStore, command: CommandRecord): CommandView {
  const rungs = store.rungs(command.id);
  const { id, site, reason, createdWallMs, notBeforeWallMs, notAfterWallMs } = command;
  return {
    ...{ id, site, reason, createdWallMs, notBeforeWallMs, notAfterWallMs },
    ...summarise(command.actions.length, command.control, rungs),
    order: command.orderId,
    basis: command.basis.type,
    actions: command.actions.map(jsonAction),
  };
}

export function commandDetail(store: ControlStore, command: CommandRecord): CommandDetail {
  return {
    ...commandView(store, command),
    offers: store.offers(command.id),
    ladder: store.rungs(command.id).map(rungView),
  };
}

function rungView(rung: RungRecord): RungView {
  const { state, ...facts } = rung.status;
  const { action, auditIndex, agentWallMs, clock, receivedWallMs } = rung;
  return {
    ...{ state, action, auditIndex, agentWallMs, clock, receivedWallMs },
    facts: plainObject(facts),
  };
}

export function jsonAction(action: Action): JsonActionView {
  return { ...plainObject(action), type: action.type };
}

/** JSON of decoded CBOR: byte strings become hex, maps objects. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return plainObject(Object.fromEntries(value));
  return typeof value === 'object' && value !== null ? plainObject(value) : value;
}

function plainObject(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, plain(held)]));
}
