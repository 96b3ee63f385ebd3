import type { AuditLog } from '@tieline/audit';
import { TielineError } from '@tieline/kernel';
import type { Rank, Receipt, ReplayState } from '@tieline/protocol';

export type StoreFailure = {
  /** The disk is full or fails: nothing of the transaction was written. */
  readonly code: 'store_unwritable';
  readonly reason: string;
};
export class StoreError extends TielineError<StoreFailure> {}

/** What is remembered of a command until it can no longer be valid: enough to answer, never to act again. */
export interface StoredCommand {
  /** Hex of the command's id. */
  readonly command: string;
  /** SHA-256 over the encoded actions: the same id with other actions is refused. */
  readonly actionsDigest: Uint8Array;
  readonly rank: Rank;
  /** Boot in which it was accepted. */
  readonly boot: number;
  /** Unix time, s, after which it need not be remembered. */
  readonly forgetAfterS: number;
  /** False where a clock that nobody attested said when that is. */
  readonly dated: boolean;
  /** The offer that was accepted, for later receipts. */
  readonly cti: Uint8Array;
  readonly messageDigest: Uint8Array;
  /** Every action has ended. */
  readonly finished: boolean;
}

export type DocumentKind = 'policy' | 'model';

/** A signed document as it was received. */
export interface StoredDocument {
  readonly version: number;
  readonly bytes: Uint8Array;
}

/**
 * Everything that must survive a power cut, in one database: what is written inside one `transaction` is
 * there after it, whole, or not at all. All calls are synchronous.
 */
export interface AgentStore {
  readonly audit: AuditLog;
  /** @throws {StoreError} store_unwritable */
  transaction<T>(work: () => T): T;

  /** How many starts were put on record. */
  boots(): number;
  setBoots(boots: number): void;
  /** Highest epoch and sequence number accepted: survives a restart, or a replay would pass. */
  replayState(): ReplayState;
  setReplayState(state: ReplayState): void;
  /** Session times, ms, of the commands accepted within an hour; those of an earlier boot count as 0. */
  recentAcceptances(): readonly number[];
  setRecentAcceptances(sessionMs: readonly number[]): void;

  command(command: string): StoredCommand | undefined;
  putCommand(command: StoredCommand): void;
  unfinishedCommands(): readonly StoredCommand[];
  /** What is finished and was not dated is remembered until this Unix time, s, at least. */
  dateCommands(forgetAfterS: number): void;
  /** Drops finished and dated commands that can no longer be valid at this Unix time, s, and last words of no known one. */
  forgetCommands(nowS: number): void;

  /** The next receipt's counter: rises across boots. */
  nextReceiptCounter(): number;
  putReceipt(receipt: Receipt): void;
  /** Oldest first, beginning after `counter`. */
  receiptsAfter(counter: number, limit: number): readonly Receipt[];
  /** The newest receipt of a command: what a repeated offer is answered with. */
  lastReceiptOf(command: string): Receipt | undefined;
  /** Those leave whose audit records are among the first `auditSize`. */
  dropReceipts(auditSize: number): void;
  countReceipts(): number;

  document(kind: DocumentKind): StoredDocument | undefined;
  putDocument(kind: DocumentKind, document: StoredDocument): void;

  /** A block of a model package on its way here. */
  block(digest: Uint8Array): Uint8Array | undefined;
  putBlock(digest: Uint8Array, bytes: Uint8Array): void;
  dropBlocks(): void;
  /** The package that ran last and passed its self-test. */
  lastGoodModel(): Uint8Array | undefined;
  /** Null where the next start is to run without a model. */
  setLastGoodModel(packed: Uint8Array | null): void;

  /** Digest of the package that was last rolled back from. */
  rejectedModel(): string | undefined;
  setRejectedModel(digest: string): void;

  /** Latest attested Unix time, ms: a clock that says less is wrong. */
  highWaterWallMs(): number;
  setHighWaterWallMs(wallMs: number): void;

  close(): void;
}
