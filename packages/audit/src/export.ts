import { assert } from '@tieline/kernel';
import { EXPORT_SCHEMA, encodeFrame, encodeHeader, FRAME } from './export-format.ts';
import type { LogStore } from './log-store.ts';
import type { LogIdentity } from './statement.ts';

/**
 * Frames of an export (see `export-format.ts`) of the records up to `checkpoint`. What it holds is
 * settled by the call; records and receipts that arrive while it is read are not in it.
 *
 * @param checkpoint  the log's own signature over `size` records
 */
export function exportFrames(
  store: LogStore,
  identity: LogIdentity,
  checkpoint: { readonly message: Uint8Array; readonly size: number },
): Generator<Uint8Array> {
  const first = store.first();
  const newest = store.lastReceipt();
  const header = encodeHeader({
    schema: EXPORT_SCHEMA,
    ...identity,
    first,
    frontier: [...store.frontier(first)],
    receipts: store.countReceipts(first),
  });
  const head = [header, encodeFrame(FRAME.checkpoint, checkpoint.message)];
  if (newest !== null) head.push(encodeFrame(FRAME.receipt, newest.message));
  return frames(store, head, first, checkpoint.size, newest?.size ?? 0);
}

function* frames(
  store: LogStore,
  head: readonly Uint8Array[],
  first: number,
  size: number,
  newestReceipt: number,
): Generator<Uint8Array> {
  yield* head;
  let receipt = store.receiptFrom(first);
  for (let seq = first; ; seq += 1) {
    if (receipt !== null && receipt.size === seq && seq < newestReceipt) {
      yield encodeFrame(FRAME.receipt, receipt.message);
      receipt = store.receiptFrom(seq + 1);
    }
    if (seq >= size) return;
    const record = store.record(seq);
    assert(record !== null, 'a log has every record from its first on');
    yield encodeFrame(FRAME.record, record);
  }
}
