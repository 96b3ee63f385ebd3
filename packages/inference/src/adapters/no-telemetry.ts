import { isMainThread } from 'node:worker_threads';

const SWITCH = 'ORT_DISABLE_TELEMETRY';

/*
 * The runtime reports to its maker by itself: it keeps an identity of the machine and a queue of reports in the home
 * folder, and sends them over HTTPS. It reads this switch once, from the environment of the process, as its library
 * is loaded. A worker has only a copy of that environment, so the main thread turns it off, as this file is imported.
 */
if (isMainThread) process.env[SWITCH] = '1';

/** @throws {Error} where the main thread of a worker's process did not turn it off */
export function requireNoTelemetry(): void {
  if (process.env[SWITCH] !== '1') {
    throw new Error(`ONNX Runtime is not loaded: ${SWITCH} was not 1 as this thread was started`);
  }
}
