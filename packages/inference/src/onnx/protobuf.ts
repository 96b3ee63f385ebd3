import { concatBytes, utf8 } from '@tieline/kernel';
import { ModelError } from '../errors.ts';

/*
 * The few words of protobuf that an ONNX file is written in. By hand because the alternative is a
 * megabyte of generated code for one message type; see docs/adr on the ONNX writer.
 */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** One encoded field; a message is the concatenation of its fields. */
export type Field = Uint8Array;

/** An integer field; a whole number from 0 to 2^53 − 1. */
export function intField(field: number, value: number): Field {
  return concatBytes(varint(field * 8 + VARINT), varint(value));
}

export function textField(field: number, text: string): Field {
  return bytesField(field, utf8(text));
}

export function bytesField(field: number, bytes: Uint8Array): Field {
  return concatBytes(varint(field * 8 + BYTES), varint(bytes.length), bytes);
}

/** A nested message. */
export function messageField(field: number, ...fields: readonly Field[]): Field {
  return bytesField(field, concatBytes(...fields));
}

/** Repeated integers, packed. */
export function packedIntsField(field: number, values: readonly number[]): Field {
  return bytesField(field, concatBytes(...values.map(varint)));
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** A field as read: `int` for varints, `bytes` for strings and nested messages, neither for fixed widths. */
export interface ReadField {
  readonly field: number;
  readonly int: number | null;
  readonly bytes: Uint8Array | null;
}

/**
 * Walks one message's fields, in order; does not descend.
 *
 * @param place  where this message stands, for the error
 * @throws {ModelError} onnx_invalid where a field is cut short, has a reserved wire type, or an integer passes 64 bits
 */
export function readFields(message: Uint8Array, place: string): ReadField[] {
  const fields: ReadField[] = [];
  let at = 0;
  const refuse = (reason: string): never => {
    throw new ModelError({ code: 'onnx_invalid', place: `${place} at byte ${at}`, reason });
  };
  const readVarint = (): number => {
    let value = 0;
    for (let power = 0; power < 10; power += 1) {
      const byte = message[at];
      if (byte === undefined) return refuse('cut short');
      at += 1;
      // Negative numbers and others above 2^53 lose low bits here: nothing that is read needs them.
      value += (byte & 0x7f) * 2 ** (7 * power);
      if (byte < 0x80) return value;
    }
    return refuse('an integer longer than ten bytes');
  };
  const take = (count: number): Uint8Array => {
    if (count > message.length - at) return refuse(`cut short: ${count} bytes announced`);
    at += count;
    return message.subarray(at - count, at);
  };
  while (at < message.length) {
    const key = readVarint();
    const field = Math.floor(key / 8);
    const wire = key % 8;
    if (field === 0) refuse('field number 0');
    if (wire === VARINT) fields.push({ field, int: readVarint(), bytes: null });
    else if (wire === BYTES) fields.push({ field, int: null, bytes: take(readVarint()) });
    else if (wire === FIXED64 || wire === FIXED32) {
      take(wire === FIXED64 ? 8 : 4);
      fields.push({ field, int: null, bytes: null });
    } else refuse(`wire type ${wire}`);
  }
  return fields;
}
