import { TielineError } from '@tieline/kernel';

/** Why a live run came to no verdict. */
export interface LiveFailure {
  readonly code: 'not_together';
  readonly withinMs: number;
  readonly missing: string;
}

export class LiveError extends TielineError<LiveFailure> {}
