import { TielineError } from '@tieline/kernel';

/** Why a live run came to no verdict. */
export type LiveFailure =
  | { readonly code: 'process_ended'; readonly reason: string }
  | { readonly code: 'not_together'; readonly withinMs: number; readonly missing: string };

export class LiveError extends TielineError<LiveFailure> {}
