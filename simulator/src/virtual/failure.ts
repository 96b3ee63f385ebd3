import { TielineError } from '@tieline/kernel';

/** Why a virtual run came to no verdict. */
export type VirtualRunFailure = {
  /** The machine that plays it has no room, or a disk that fails. */
  readonly code: 'temporary_files_failed';
  readonly reason: string;
};

export class VirtualRunError extends TielineError<VirtualRunFailure> {
  constructor(failure: VirtualRunFailure, options?: ErrorOptions) {
    const { reason } = failure;
    super(
      failure,
      `what a virtual run stores does not fit into the folder for temporary files of this machine: ${reason}`,
      options,
    );
  }
}

/** What a disk is at fault for that is full or breaks. */
const DISK_FAULT = /^SQLITE_(FULL|IOERR|CANTOPEN)/;

/** What was thrown, where it is a fault of the disk under the stores of a run; null for anything else. */
export function temporaryFilesFailure(thrown: unknown): VirtualRunError | null {
  if (!(thrown instanceof Error && 'code' in thrown)) return null;
  const { code, message } = thrown;
  if (typeof code !== 'string' || !DISK_FAULT.test(code)) return null;
  const reason = `${code}: ${message}`;
  return new VirtualRunError({ code: 'temporary_files_failed', reason }, { cause: thrown });
}
