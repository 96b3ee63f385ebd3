import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/*
 * A disk that is full for one process alone. The disk itself is that of the machine; but the system can refuse a process
 * whatever it would write to any file (RLIMIT_FSIZE, which prlimit of util-linux sets), and what it writes to pipes and
 * sockets goes on.
 */

const run = promisify(execFile);

/** In front of a command that begins on a full disk. */
export const ON_A_FULL_DISK: readonly string[] = ['prlimit', '--fsize=0:'];

/** From now on a process may write nothing to files, or as before. @throws where there is no prlimit */
export async function limitFiles(pid: number, full: boolean): Promise<void> {
  await run('prlimit', ['--pid', `${pid}`, `--fsize=${full ? '0' : 'unlimited'}:`]);
}
