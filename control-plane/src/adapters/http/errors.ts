import { AuditError } from '@tieline/audit';
import type { TielineError } from '@tieline/kernel';
import { CborError, EnvelopeError, MessageError, VerifyError } from '@tieline/protocol';
import { ControlError, type ControlFailure } from '../../core/failure.ts';
import { plain } from '../../core/views.ts';

export interface HttpError {
  readonly status: number;
  readonly body: {
    readonly error: {
      readonly code: string;
      readonly message: string;
      readonly facts: Record<string, unknown>;
    };
  };
}

export function httpError(
  status: number,
  code: string,
  message: string,
  facts: Record<string, unknown> = {},
): HttpError {
  return { status, body: { error: { code, message, facts } } };
}

/** 404: not there. 409: contradicts what is held. 403: not theirs to say. All else here is 422: understood, refused. */
const STATUS: Partial<Record<ControlFailure['code'], number>> = {
  site_unknown: 404,
  command_unknown: 404,
  log_unknown: 404,
  model_unknown: 404,
  policy_missing: 409,
  policy_not_newer: 409,
  policy_conflict: 409,
  order_conflict: 409,
  agent_not_quarantined: 409,
  log_not_new: 409,
  too_many_waiting: 429,
  order_action_out_of_scope: 403,
  order_quorum_missed: 403,
};

/** What an expected failure is over HTTP; null for what was not expected. */
export function expectedError(thrown: unknown): HttpError | null {
  if (thrown instanceof VerifyError) {
    const { code, facts, step } = thrown.failure;
    // Steps 1 to 4 speak of bytes, 5 to 8 of keys and signatures, later ones of time and content.
    const status = step <= 4 ? 400 : step <= 8 ? 403 : 422;
    return httpError(status, code, thrown.message, { ...facts, step });
  }
  if (thrown instanceof ControlError) {
    const { code, ...facts } = thrown.failure;
    return httpError(STATUS[code] ?? 422, code, thrown.message, plainFacts(facts));
  }
  const malformed =
    thrown instanceof CborError ||
    thrown instanceof EnvelopeError ||
    thrown instanceof MessageError;
  if (malformed || thrown instanceof AuditError) {
    return httpError(400, thrown.code, thrown.message, factsOf(thrown));
  }
  return null;
}

function factsOf(thrown: TielineError): Record<string, unknown> {
  const { code: _, ...facts } = thrown.failure;
  return plainFacts(facts);
}

function plainFacts(facts: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, plain(fact)]));
}
