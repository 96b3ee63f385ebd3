import { TielineError } from '@tieline/kernel';
import type { z } from 'zod';
import { decodeCbor, encodeCbor } from '../cbor/codec.ts';

export type MessageFailure =
  | {
      readonly code: 'message_too_large';
      readonly kind: string;
      readonly bytes: number;
      readonly bytesMax: number;
    }
  | {
      readonly code: 'message_malformed';
      readonly kind: string;
      readonly place: string;
      readonly reason: string;
    };
export class MessageError extends TielineError<MessageFailure> {}

/** A body on the wire: its name, its bound, its shape. */
export interface MessageDefinition<Body> {
  readonly kind: string;
  /** Largest whole message, envelope included, bytes. */
  readonly bytesMax: number;
  /** Deterministic CBOR of a body that fits its shape. @throws {MessageError} */
  encode(body: Body): Uint8Array;
  /** Bounds the bytes, scans, decodes and checks the shape, in that order. @throws {MessageError | CborError} */
  decode(bytes: Uint8Array): Body;
}

export function defineMessage<Schema extends z.ZodType>(definition: {
  readonly kind: string;
  readonly bytesMax: number;
  /** CBOR items, where it is not what every other message may hold. */
  readonly itemsMax?: number;
  readonly body: Schema;
}): MessageDefinition<z.output<Schema>> & { readonly body: Schema } {
  const { kind, bytesMax, itemsMax, body } = definition;
  const bounded = (bytes: Uint8Array): Uint8Array => {
    if (bytes.length > bytesMax) {
      throw new MessageError({ code: 'message_too_large', kind, bytes: bytes.length, bytesMax });
    }
    return bytes;
  };
  const shaped = (value: unknown): z.output<Schema> => {
    const parsed = body.safeParse(value);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    const place = issue?.path.join('.') || '(whole)';
    const reason = issue?.message ?? 'does not fit its shape';
    throw new MessageError({ code: 'message_malformed', kind, place, reason });
  };
  return {
    kind,
    bytesMax,
    body,
    encode: (value) => bounded(encodeCbor(shaped(value), itemsMax)),
    decode: (bytes) => shaped(decodeCbor(bounded(bytes), itemsMax)),
  };
}
