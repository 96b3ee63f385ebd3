import { processWorld } from './adapters/process-world.ts';
import { EXIT } from './exit.ts';
import { runTieline } from './run.ts';

const interrupt = new AbortController();
process.on('SIGINT', () => {
  // Whoever interrupts twice means it.
  if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
  interrupt.abort();
});
process.on('SIGTERM', () => interrupt.abort());
process.exitCode = await runTieline(process.argv.slice(2), processWorld(interrupt));
