import { parentPort } from 'node:worker_threads';
import { assert, messageOf } from '@tieline/kernel';
import { type OnnxSession, openOnnx } from './onnx-session.ts';
import type { FromWorker, ToWorker } from './worker-messages.ts';

/*
 * Entry of the inference worker: one session, answers in the order of the questions. It decides
 * nothing; every check stands in the main thread, which stays alive when this one does not.
 */

assert(parentPort !== null, 'the inference worker runs inside a worker thread');
const port = parentPort;
const answer = (message: FromWorker): void => port.postMessage(message);
let session: OnnxSession | null = null;

async function handle(message: ToWorker): Promise<void> {
  if (message.kind === 'open') {
    try {
      session = await openOnnx(message.source);
      answer({ kind: 'opened' });
    } catch (thrown) {
      answer({ kind: 'open_failed', detail: messageOf(thrown) });
    }
    return;
  }
  if (message.kind === 'close') {
    await session?.release();
    port.close();
    return;
  }
  const { id, rows } = message;
  try {
    assert(session !== null, 'a session is opened before it runs');
    answer({ kind: 'ran', id, values: await session.run(rows) });
  } catch (thrown) {
    answer({ kind: 'run_failed', id, detail: messageOf(thrown) });
  }
}

// One after the other: `close` must not release a session that still runs.
let last = Promise.resolve();
port.on('message', (message: ToWorker) => {
  last = last.then(() => handle(message));
});
