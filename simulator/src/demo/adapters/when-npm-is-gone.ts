const LOOK_EVERY_MS = 500;

/**
 * npm that is killed leaves behind what it runs, and opens no channel that could tell: its script looks whether it has
 * still the parent that it had. The script begins with `exec`, so that no shell stands between the two.
 */
export function whenNpmIsGone(end: () => void): void {
  if (process.env['npm_lifecycle_event'] !== 'start') return;
  const npm = process.ppid;
  const looking = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(looking);
    end();
  }, LOOK_EVERY_MS);
  looking.unref();
}
