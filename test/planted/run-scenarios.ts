import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { RunReport } from '@tieline/simulator';

/** How the command line of a copy ended. */
export interface CopyRun {
  /** Null where it was ended before its time. */
  readonly exit: number | null;
  /** Of the scenarios that came to their end. */
  readonly reports: readonly RunReport[];
  readonly stderr: string;
}

/**
 * Runs a scenario of the copy in `folder`, or a folder of them, in a process of its own, on one thread.
 * @param isEnough  ends it behind the first report that is
 */
export async function runInCopy(
  folder: string,
  scenario: string,
  isEnough: (report: RunReport) => boolean = () => false,
): Promise<CopyRun> {
  const main = join(folder, 'packages/cli/src/main.ts');
  const args = [main, 'sim', 'run', scenario, '--json', '--workers', '1'];
  // Most of a copy is the code that was compiled for the plant before.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') };
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio });
  const closed = once(child, 'close');
  const stderr = text(child.stderr);
  const reports: RunReport[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const report = JSON.parse(line) as RunReport;
    reports.push(report);
    if (!isEnough(report)) continue;
    child.kill('SIGKILL');
    break;
  }
  const [exit] = (await closed) as [number | null];
  return { exit, reports, stderr: await stderr };
}
