import { TielineError } from '@tieline/kernel';

export interface EnvelopeFailure {
  readonly code:
    | 'envelope_tag_wrong'
    | 'envelope_shape_wrong'
    | 'header_unprotected'
    | 'header_shape_wrong'
    | 'header_label_unknown'
    | 'header_label_missing';
  /** Which part: `signature 2`, `claim iss`. */
  readonly place: string;
}
export class EnvelopeError extends TielineError<EnvelopeFailure> {}

export function envelopeFailure(code: EnvelopeFailure['code'], place: string): EnvelopeError {
  return new EnvelopeError({ code, place });
}
