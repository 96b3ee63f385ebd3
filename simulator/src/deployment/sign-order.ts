import { type Action, type HeldKey, KINDS, sealDocument } from '@tieline/protocol';

/** Orders of a simulation may be begun within this time, unless they say otherwise. */
const WINDOW_S = 3_600;
/** Clocks differ by a little: an order is valid from a minute before it was signed. */
const LEEWAY_S = 60;

export interface OrderToSign {
  /** 16 bytes. */
  readonly id: Uint8Array;
  readonly site: string;
  readonly actions: readonly Action[];
  readonly reason: string;
  /** SHA-256 of the preview that the operator looked at. */
  readonly preview?: Uint8Array;
  readonly anchor: Uint8Array;
  readonly key: HeldKey;
  /** Unix time, s. */
  readonly nowS: number;
  /** It may be begun within this time, s. */
  readonly windowS?: number;
}

/** A routine order of one operator for one site, signed. */
export function signOrder(order: OrderToSign): Uint8Array {
  const { id, site, actions, reason, preview, anchor, key, nowS, windowS = WINDOW_S } = order;
  return sealDocument(
    KINDS.order,
    {
      id,
      class: 'routine',
      targets: [{ site, actions: [...actions], assumes: {} }],
      reason,
      policyVersionMin: 1,
      ...(preview === undefined ? {} : { preview }),
    },
    anchor,
    [key],
    { iat: nowS, nbf: nowS - LEEWAY_S, exp: nowS + windowS },
  );
}
