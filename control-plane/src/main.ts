import { parseArgs } from 'node:util';
import { messageOf, TielineError, whenOrphaned } from '@tieline/kernel';
import { exitCodeOf } from './adapters/process/exit-code.ts';
import { startProcess } from './adapters/process/run.ts';

/** A process that does not end by itself within this time after being asked is ended, ms. */
const STOP_WITHIN_MS = 10_000;

const USAGE = 'usage: node control-plane/src/main.ts --config FILE';

function configFile(): string {
  try {
    const { values } = parseArgs({
      options: { config: { type: 'string' }, help: { type: 'boolean' } },
    });
    if (values.help) {
      process.stdout.write(`${USAGE}\n`);
      process.exit(0);
    }
    if (values.config !== undefined) return values.config;
  } catch (thrown) {
    process.stderr.write(`✗ ${messageOf(thrown)}\n`);
  }
  process.stderr.write(`${USAGE}\n`);
  process.exit(2);
}

function fail(what: string, thrown: unknown): never {
  const code = thrown instanceof TielineError ? `${thrown.code}: ` : '';
  const message = messageOf(thrown);
  const detail = message.startsWith(code) ? message : `${code}${message}`;
  process.stderr.write(`✗ ${what}\n  ${detail}\n`);
  process.exit(exitCodeOf(thrown));
}

async function main(): Promise<void> {
  const running = await startProcess(configFile()).catch((thrown: unknown) =>
    fail('The control plane does not start', thrown),
  );
  const { http, broker, simulated } = running;
  process.stdout.write(`${JSON.stringify({ ready: true, http, broker })}\n`);
  let stopping = false;
  const stop = (exitCode: number): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    running.stop().then(
      () => process.exit(exitCode),
      (thrown: unknown) => fail('The control plane did not stop in order', thrown),
    );
  };
  process.once('SIGTERM', () => stop(0));
  process.once('SIGINT', () => stop(130));
  if (simulated) whenOrphaned(() => stop(0));
}

await main();
