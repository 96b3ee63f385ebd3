import { assert, concatBytes } from '@tieline/kernel';

/** One item of an export: an array of a kind and a byte string. Read without the code that is under test. */
export interface ExportFrame {
  readonly kind: 'header' | 'checkpoint' | 'receipt' | 'record';
  readonly content: Uint8Array;
}

const KINDS = ['header', 'checkpoint', 'receipt', 'record'] as const;

export function splitFrames(file: Uint8Array): ExportFrame[] {
  const frames: ExportFrame[] = [];
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 0; at < file.length; ) {
    const kind = KINDS[view.getUint8(at + 1)];
    assert(kind !== undefined && view.getUint8(at) === 0x82, 'a frame begins');
    const initial = view.getUint8(at + 2);
    const width = ({ 88: 1, 89: 2, 90: 4 } as Record<number, number>)[initial] ?? 0;
    let length = initial - 0x40;
    if (width === 1) length = view.getUint8(at + 3);
    if (width === 2) length = view.getUint16(at + 3);
    if (width === 4) length = view.getUint32(at + 3);
    const from = at + 3 + width;
    frames.push({ kind, content: file.slice(from, from + length) });
    at = from + length;
  }
  return frames;
}

export function joinFrames(frames: readonly ExportFrame[]): Uint8Array {
  return concatBytes(
    ...frames.flatMap(({ kind, content }) => [
      headOf(KINDS.indexOf(kind), content.length),
      content,
    ]),
  );
}

function headOf(kind: number, length: number): Uint8Array {
  const head = [0x82, kind];
  if (length < 24) return Uint8Array.from([...head, 0x40 + length]);
  if (length < 256) return Uint8Array.from([...head, 0x58, length]);
  if (length < 65_536) return Uint8Array.from([...head, 0x59, length >> 8, length & 0xff]);
  return Uint8Array.from([...head, 0x5a, 0, length >> 16, (length >> 8) & 0xff, length & 0xff]);
}
