import { parentPort } from 'node:worker_threads';
import { type OnnxSession, openOnnx } from './onnx-session.ts';
import type { FromWorker, ToWorker } from './worker-messages.ts';

/*
 * Entry of the inference worker: one session, answers in the order of the questions. It decides
 * nothing; every check stands in the main thread, which stays alive when this one does not. It imports
 * no other room: whatever it loads is held in memory a second time.
 */

if (parentPort === null) throw new Error('the inference worker runs inside a worker thread');
const port = parentPort;
const answer = (message: FromWorker): void => port.postMessage(message);
let session: OnnxSession | null = null;

const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

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
    if (session === null) throw new Error('no session is open');
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
