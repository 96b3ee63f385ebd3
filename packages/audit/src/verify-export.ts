import { equalBytes } from '@tieline/kernel';
import { leafHash, TreeFold, type TreeHead } from '@tieline/protocol';
import { decodeHeader, FRAME, type Frame, malformed, readFrames } from './export-format.ts';
import { AuditError, type Statement } from './failure.ts';
import { type AuditRecord, decodeRecord } from './record.ts';
import { type AuditKeys, type LogIdentity, openCheckpoint, openReceipt } from './statement.ts';

/** What an export proves: by the agent's signature up to `size`, by the witness's up to `receiptedSize`. */
export interface ExportReport {
  readonly deployment: string;
  readonly site: string;
  /** Index of the first record in the file; of earlier ones only hashes are here. 0 unless that was accepted. */
  readonly first: number;
  readonly size: number;
  readonly root: Uint8Array;
  readonly receipts: number;
  /** Up to here neither truncation, edit, reorder nor fork is possible; beyond, an agent's key could. */
  readonly receiptedSize: number;
}

/**
 * Checks a whole export offline, in one pass and O(log n) memory.
 *
 * A gateway prunes records that have a receipt, and its export then begins later. Anybody can make such a
 * file of a whole one: its hashes prove that there were earlier records, and nothing shows who took them out.
 * So a file that begins later does not verify, unless the caller knows that it may.
 *
 * @param source  the file's bytes, whole or in chunks of any size
 * @param keys  from the deployment's trust document
 * @param options.acceptPruned  take a file that begins later; the report says where
 * @throws {AuditError} export_malformed | export_pruned | export_cut | origin_foreign |
 * signature_refused | record_malformed | root_contradicted | log_truncated
 */
export function verifyExport(
  source: Uint8Array | Iterable<Uint8Array>,
  keys: AuditKeys,
  options: { readonly acceptPruned?: boolean } = {},
): ExportReport {
  const frames = readFrames(source instanceof Uint8Array ? [source] : source);
  const header = decodeHeader(nextOf(frames, FRAME.header));
  const identity = identityOf(header, keys);
  if (header.first > 0 && options.acceptPruned !== true) {
    throw new AuditError({ code: 'export_pruned', first: header.first });
  }
  const fold = new TreeFold(header.first, header.frontier);
  const signed = openCheckpoint(nextOf(frames, FRAME.checkpoint).content, identity, keys);
  const newest =
    header.receipts === 0
      ? null
      : openReceipt(nextOf(frames, FRAME.receipt).content, identity, keys);
  assertCovered(newest, signed, header.first);
  let receipts = newest === null ? 0 : 1;
  if (newest?.size === fold.size) assertRoot(fold, newest, 'receipt');
  for (const frame of frames) {
    if (frame.kind === FRAME.record) {
      if (fold.size === signed.size) throw malformed(frame.offset, 'more records than signed for');
      decodeRecord(frame.content, fold.size);
      fold.append(leafHash(frame.content));
      if (newest?.size === fold.size) assertRoot(fold, newest, 'receipt');
    } else if (frame.kind === FRAME.receipt) {
      const receipt = openReceipt(frame.content, identity, keys);
      if (receipt.size !== fold.size) throw malformed(frame.offset, 'a receipt out of its place');
      assertRoot(fold, receipt, 'receipt');
      receipts += 1;
    } else {
      throw malformed(frame.offset, 'a second header or checkpoint');
    }
  }
  const { size, root } = signed;
  if (fold.size < size) throw new AuditError({ code: 'export_cut', size, found: fold.size });
  assertRoot(fold, signed, 'checkpoint');
  if (receipts !== header.receipts) throw malformed(0, `${receipts} receipts were found`);
  const { deployment, site, first } = header;
  return { deployment, site, first, size, root, receipts, receiptedSize: newest?.size ?? 0 };
}

/** Records of an export, in order. Proves nothing: `verifyExport` does. */
export function* exportRecords(source: Uint8Array | Iterable<Uint8Array>): Generator<AuditRecord> {
  const frames = readFrames(source instanceof Uint8Array ? [source] : source);
  let seq = decodeHeader(nextOf(frames, FRAME.header)).first;
  for (const frame of frames) {
    if (frame.kind !== FRAME.record) continue;
    yield decodeRecord(frame.content, seq);
    seq += 1;
  }
}

function nextOf(frames: Generator<Frame>, kind: Frame['kind']): Frame {
  const next = frames.next();
  if (next.done) throw malformed(0, 'ends before its first record');
  if (next.value.kind !== kind) throw malformed(next.value.offset, 'a frame of another kind');
  return next.value;
}

function identityOf(
  header: { readonly anchor: Uint8Array; readonly deployment: string; readonly site: string },
  keys: AuditKeys,
): LogIdentity {
  const { anchor, deployment, site } = header;
  if (!equalBytes(anchor, keys.anchor) || deployment !== keys.deployment) {
    const [expected, found] = [keys.deployment, deployment];
    throw new AuditError({ code: 'origin_foreign', what: 'export', expected, found });
  }
  return { anchor, deployment, site };
}

/** A receipt beyond the checkpoint: a longer log existed, and this is not all of it. */
function assertCovered(newest: TreeHead | null, signed: TreeHead, first: number): void {
  if (newest !== null && newest.size > signed.size) {
    throw new AuditError({ code: 'log_truncated', receipted: newest.size, size: signed.size });
  }
  if (first > 0 && (newest === null || newest.size < first)) {
    throw malformed(0, 'records are left out that no receipt covers');
  }
}

function assertRoot(fold: TreeFold, head: TreeHead, by: Statement): void {
  if (equalBytes(fold.root(), head.root)) return;
  throw new AuditError({ code: 'root_contradicted', by, size: head.size });
}
