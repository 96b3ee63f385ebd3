import type { Action, OrderClass, ReceiptStatus } from '@tieline/protocol';

/**
 * What the store keeps. Ids, digests and session nonces are lower-case hex: they are keys here, bytes on
 * the wire. `…WallMs` is Unix time, ms, of the control plane's own clock unless a docstring says otherwise.
 */

/** One boot of an agent that was seen, and how far its session clock had come: replays stand still. */
export interface SeenSession {
  readonly sess: string;
  /** Null where the birth was missed and a heartbeat told of the session. */
  readonly boot: number | null;
  readonly sessionMs: number;
}

/** Why an agent gets no commands until a person releases it. */
export interface Quarantine {
  readonly code: 'log_truncated' | 'log_forked' | 'boot_fell';
  readonly facts: Readonly<Record<string, string | number>>;
  readonly sinceWallMs: number;
}

export interface AgentRecord {
  readonly site: string;
  /** Newest last; the last one is the present session. */
  readonly sessions: readonly SeenSession[];
  readonly software: string | null;
  readonly bornWallMs: number | null;
  readonly heardWallMs: number | null;
  readonly quarantine: Quarantine | null;
  /** How many disks the site has had: each begins its audit log and counts its receipts anew. From 0. */
  readonly generation: number;
}

export interface OrderRecord {
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly class: OrderClass;
  readonly reason: string;
  readonly signers: readonly string[];
  readonly preview: string | null;
  readonly submittedWallMs: number;
}

/** What the control plane itself knows of a command, before and beside the agent's receipts. */
export type ControlState =
  /** Kept: the agent is away, quarantined or has another unacknowledged command, or it is too early. */
  | 'queued'
  /** Published to the present session; no receipt yet. */
  | 'offered'
  /** Published, and no receipt came in time: neither success nor failure. Given up, unless the code is `no_receipt`. */
  | 'unknown'
  /** Never published, and too late now. */
  | 'expired'
  /** Never published, and never will be. */
  | 'refused';

export interface ControlVerdict {
  readonly state: ControlState;
  readonly code: string | null;
}

export interface CommandRecord {
  readonly id: string;
  readonly site: string;
  readonly basis: { readonly type: 'order' | 'plan'; readonly bytes: Uint8Array };
  /** Null for a plan. */
  readonly orderId: string | null;
  readonly actions: readonly Action[];
  readonly reason: string;
  readonly createdWallMs: number;
  readonly notBeforeWallMs: number;
  /** After it no agent accepts the command any more. */
  readonly notAfterWallMs: number;
  /** The only session that may carry it out; null = any. */
  readonly boundSess: string | null;
  readonly control: ControlVerdict;
}

/** One publication of a command: the same id each time, everything else new. */
export interface OfferRecord {
  readonly cti: string;
  readonly command: string;
  readonly sess: string;
  /** The agent's, when it was offered. */
  readonly generation: number;
  readonly epoch: number;
  readonly seq: number;
  /** SHA-256 of the published bytes. */
  readonly messageDigest: string;
  readonly offeredWallMs: number;
}

/** What an agent said of a command: in a receipt, in its audit log, or first in the one and then in the other. */
export interface RungRecord {
  readonly site: string;
  /** Of the offer that it answers: which of the disks that the site has had. */
  readonly generation: number;
  /** Where the agent's audit log says it: names the rung, and rises with each of a generation. */
  readonly auditIndex: number;
  readonly command: string;
  /** Null where the whole command is meant. */
  readonly action: number | null;
  readonly status: ReceiptStatus;
  /** The agent's wall clock. */
  readonly agentWallMs: number;
  readonly clock: 'trusted' | 'holdover' | 'untrusted';
  readonly receivedWallMs: number;
  /** SHA-256 over what is said: equal for the same rung, however it was told. */
  readonly digest: string;
}

export interface ModelRecord {
  /** SHA-256 of the package. */
  readonly digest: string;
  readonly name: string;
  readonly version: string;
  readonly bytes: number;
  /** The release as signed. */
  readonly release: Uint8Array;
  readonly pushedWallMs: number;
}

export interface DesiredModelRecord {
  readonly site: string;
  readonly version: number;
  /** Null = run without a model. */
  readonly digest: string | null;
  /** The director's signed document. */
  readonly document: Uint8Array;
  readonly setWallMs: number;
}

export interface DocumentRecord {
  readonly version: number;
  readonly bytes: Uint8Array;
  readonly acceptedWallMs: number;
}
