import { BrokerError } from '@tieline/bus';
import { GridError } from '@tieline/grid';
import {
  CborError,
  EnvelopeError,
  KeyFileError,
  MessageError,
  TrustError,
  VerifyError,
} from '@tieline/protocol';
import { ControlError } from '../../core/failure.ts';
import { StartError } from './failure.ts';

/** 2: configuration or a file that it names. 4: a key, a signature or a role. 1: all else. */
export function exitCodeOf(thrown: unknown): 1 | 2 | 4 {
  if (thrown instanceof StartError) return thrown.code === 'data_dir_in_use' ? 1 : 2;
  if (thrown instanceof TrustError || thrown instanceof KeyFileError) return 4;
  if (thrown instanceof VerifyError) return thrown.failure.step <= 4 ? 2 : 4;
  if (thrown instanceof BrokerError) return thrown.code === 'broker_listen_failed' ? 1 : 2;
  const isContent =
    thrown instanceof GridError ||
    thrown instanceof ControlError ||
    thrown instanceof CborError ||
    thrown instanceof EnvelopeError ||
    thrown instanceof MessageError;
  return isContent ? 2 : 1;
}
