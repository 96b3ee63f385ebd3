import { TielineError } from '@tieline/kernel';

/** A signed thing that speaks of a log. */
export type Statement = 'checkpoint' | 'receipt';
/** What may turn out to belong to another log. */
export type Exhibit = Statement | 'export';

/** What an audit log, its witness and its export refuse. */
export type AuditFailure =
  | { readonly code: 'database_unreadable'; readonly path: string; readonly reason: string }
  /** Another process holds it: two writers of one log would fork it. */
  | { readonly code: 'directory_in_use'; readonly directory: string; readonly reason: string }
  | {
      readonly code: 'schema_newer';
      readonly component: string;
      readonly found: number;
      readonly known: number;
    }
  | { readonly code: 'record_too_large'; readonly bytes: number; readonly bytesMax: number }
  | { readonly code: 'record_malformed'; readonly seq: number; readonly reason: string }
  /** The disk is full or fails: nothing was appended, and the caller must not act. */
  | { readonly code: 'log_unwritable'; readonly reason: string }
  /** A row that the tree needs is missing or too short: the file was changed underneath. */
  | { readonly code: 'log_damaged'; readonly seq: number; readonly reason: string }
  | {
      readonly code: 'record_absent';
      readonly seq: number;
      readonly first: number;
      readonly size: number;
    }
  | { readonly code: 'size_unknown'; readonly asked: number; readonly size: number }
  /** Not signed by a key which the trust document gives that role for that site. */
  | { readonly code: 'signature_refused'; readonly what: Statement; readonly reason: string }
  /** Rightly signed, but about another log. */
  | {
      readonly code: 'origin_foreign';
      readonly what: Exhibit;
      readonly expected: string;
      readonly found: string;
    }
  /** A receipt covers more than the log holds: its disk was restored from an old copy, or its tail is cut. */
  | { readonly code: 'log_truncated'; readonly receipted: number; readonly size: number }
  /** Two histories of one log: what was signed for at `size` is not what is shown now. */
  | { readonly code: 'log_forked'; readonly size: number; readonly reason: string }
  /** An upload begins beyond the records that the witness holds. */
  | { readonly code: 'upload_gap'; readonly from: number; readonly size: number }
  /** Records, checkpoint and proof of an upload do not belong together. */
  | { readonly code: 'upload_inconsistent'; readonly reason: string }
  /** An export that is not one: `offset` counts bytes from the start of the file. */
  | { readonly code: 'export_malformed'; readonly offset: number; readonly reason: string }
  /** An export begins at a later record, and nobody said that it may. */
  | { readonly code: 'export_pruned'; readonly first: number }
  /** An export ends before the records that its checkpoint counts. */
  | { readonly code: 'export_cut'; readonly size: number; readonly found: number }
  /** The records of an export do not hash to what was signed for them. */
  | { readonly code: 'root_contradicted'; readonly by: Statement; readonly size: number };
export class AuditError extends TielineError<AuditFailure> {}
