import type { AuditKeys, AuditRecord } from '@tieline/audit';
import type { AuditUpload, TreeHead } from '@tieline/protocol';

/** Keeps the agents' audit logs and signs for them; `AuditWitness` of `@tieline/audit` is one. */
export interface AuditVault {
  /** @returns the signed receipt for the agent. @throws {AuditError} and nothing is stored */
  ingest(site: string, upload: AuditUpload, keys: AuditKeys): Uint8Array;
  /** @throws {AuditError} log_truncated | log_forked */
  checkBirth(site: string, audit: TreeHead): void;
  /** Records held, all of them receipted. */
  size(site: string): number;
  lastReceipt(site: string): Uint8Array | null;
  records(site: string, from?: number, to?: number): Iterable<AuditRecord>;
  /** The export file, in chunks; null for a site that never uploaded. */
  export(site: string): Iterable<Uint8Array> | null;
}
