import { clipText, TielineError } from '@tieline/kernel';
import { type CborCode, CborError } from '../cbor/failure.ts';
import { EnvelopeError, type EnvelopeFailure } from '../cose/failure.ts';
import { MessageError, type MessageFailure } from '../messages/define.ts';

/** Position in the list of protocol.md, "What an agent checks". 1 to 8 prove no author. */
export type Step = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15;

/** Steps 1 to 8: of every signed message and document. */
export type SignedCode =
  | MessageFailure['code']
  | 'message_retained'
  | CborCode
  | EnvelopeFailure['code']
  | 'claim_missing'
  | 'claim_forbidden'
  | 'typ_wrong'
  | 'topic_wrong'
  | 'audience_wrong'
  | 'session_other'
  | 'trust_expired'
  | 'key_unknown'
  | 'key_expired'
  | 'algorithm_wrong'
  | 'issuer_wrong'
  | 'role_missing'
  | 'site_out_of_scope'
  | 'principal_doubled'
  | 'threshold_missed'
  | 'budget_spent'
  | 'signature_wrong'
  | 'page_wrong'
  | 'document_early'
  | 'document_expired';

/** Steps 9 to 13. */
export type CommandCode =
  | 'command_id_wrong'
  | 'command_changed'
  | 'epoch_stale'
  | 'epoch_step_too_large'
  | 'epoch_key_other'
  | 'seq_replayed'
  | 'session_time_over'
  | 'policy_missing'
  | 'policy_newer'
  | 'action_out_of_scope';

/** Step 14. What is wrong with an order's own envelope has the same name as elsewhere, after `order_`. */
export type BasisCode =
  | `order_${SignedCode}`
  | 'order_policy_newer'
  | 'order_not_for_site'
  | 'order_action_out_of_scope'
  | 'order_quorum_missed'
  | 'order_session_missing'
  | 'order_session_other'
  | 'order_class_too_low'
  | 'basis_actions_differ'
  | 'plan_malformed'
  | 'assumption_unknown'
  | 'assumption_failed';

/** Step 15. */
export type AdmissionCode =
  | 'quota_spent'
  | 'site_without_policy'
  | 'asset_unknown'
  | 'asset_without_policy'
  | 'asset_local'
  | 'action_not_offered'
  | 'action_not_for_plan'
  | 'rank_too_low'
  | 'beyond_rating'
  | 'beyond_policy_limit'
  | 'beyond_margin'
  | 'beyond_ramp'
  | 'beyond_limit_in_force'
  | 'below_reserve'
  | 'ceded_command_unknown';

export type VerifyCode = SignedCode | CommandCode | BasisCode | AdmissionCode;

/** What a refused receipt may say: short texts, numbers, truth values. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

export interface VerifyFailure {
  readonly code: VerifyCode;
  readonly step: Step;
  readonly facts: Facts;
}

/** Who sent what was refused, and which offer it was: known once the signature has been verified. */
export interface Offer {
  readonly commandId: Uint8Array;
  readonly cti: Uint8Array;
  /** SHA-256 of the received bytes. */
  readonly messageDigest: Uint8Array;
  readonly principal: string;
  /** Hex. */
  readonly kid: string;
  /** Rise with each offer of a key. */
  readonly epoch: number;
  readonly seq: number;
}

export class VerifyError extends TielineError<VerifyFailure> {
  /** Null for whatever proves no author: such a message is counted, never answered. */
  readonly offer: Offer | null;

  constructor(failure: VerifyFailure, offer: Offer | null = null) {
    super(failure, `step ${failure.step}: ${failure.code}${factsText(failure.facts)}`);
    this.offer = offer;
  }

  get authenticated(): boolean {
    return this.offer !== null;
  }
}

export function refusal(step: Step, code: VerifyCode, facts: Facts = {}): VerifyError {
  return new VerifyError({ step, code, facts });
}

/** Runs a reader of bytes; what it finds wrong becomes a refusal at step 1, 2 or 3. */
export function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    throw thrown instanceof Error ? (readingRefusal(thrown) ?? thrown) : thrown;
  }
}

const TEXT_MAX = 200;

function readingRefusal(thrown: Error): VerifyError | null {
  if (thrown instanceof CborError)
    return refusal(2, thrown.code, { offset: thrown.failure.offset });
  if (thrown instanceof EnvelopeError) {
    return refusal(3, thrown.code, { place: clipText(thrown.failure.place, TEXT_MAX) });
  }
  if (!(thrown instanceof MessageError)) return null;
  const { failure } = thrown;
  if (failure.code === 'message_too_large') {
    return refusal(1, failure.code, { bytes: failure.bytes, bytesMax: failure.bytesMax });
  }
  const { place, reason } = failure;
  return refusal(3, failure.code, {
    place: clipText(place, TEXT_MAX),
    reason: clipText(reason, TEXT_MAX),
  });
}

function factsText(facts: Facts): string {
  const parts = Object.entries(facts).map(([name, fact]) => `${name} ${fact}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
