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
  /** Keeps the site's log as it is, so that the next upload begins another. Does nothing where none is held. */
  close(site: string): void;
  /**
   * The export file, in chunks; null where there is none.
   * @param closed  number of a closed log, from 1; without it the log that goes on
   */
  export(site: string, closed?: number): Iterable<Uint8Array> | null;
}
