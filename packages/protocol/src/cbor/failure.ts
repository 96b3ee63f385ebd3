import { TielineError } from '@tieline/kernel';

/** Why bytes are not CBOR of this protocol, or a value cannot be written as such. */
export type CborCode =
  | 'cbor_truncated'
  | 'cbor_trailing'
  | 'cbor_reserved'
  | 'cbor_indefinite'
  | 'cbor_tag'
  | 'cbor_simple'
  | 'cbor_length_not_shortest'
  | 'cbor_integer_unsafe'
  | 'cbor_float_form'
  | 'cbor_float_not_finite'
  | 'cbor_utf8'
  | 'cbor_key_type'
  | 'cbor_key_order'
  | 'cbor_key_duplicate'
  | 'cbor_key_forbidden'
  | 'cbor_too_deep'
  | 'cbor_too_many_items'
  | 'cbor_unsupported';

export interface CborFailure {
  readonly code: CborCode;
  /** Byte offset in the input at which the rule was broken; −1 where a value was being encoded. */
  readonly offset: number;
}

export class CborError extends TielineError<CborFailure> {}

/** Containers within containers, counting the outermost. */
export const CBOR_DEPTH_MAX = 8;
/** Data items in one run of bytes: containers, keys and values all count. Trust documents have a bound of their own. */
export const CBOR_ITEMS_MAX = 4_096;
/** A name that JavaScript objects treat as their prototype: refused in both directions. */
export const CBOR_KEY_FORBIDDEN = '__proto__';

export function cborFailure(code: CborCode, offset: number): CborError {
  return new CborError({ code, offset });
}
