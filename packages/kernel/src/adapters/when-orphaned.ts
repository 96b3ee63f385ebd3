/**
 * Calls `end` once, when the process that has started this one over a channel of Node's (`stdio: 'ipc'`) is gone. The
 * system closes the channel whatever became of that process, and by itself the channel keeps nothing alive. Who was
 * started in another way, by an init system or a shell, has no such channel, and outlives whoever started it.
 */
export function whenOrphaned(end: () => void): void {
  if (process.connected === false) {
    // Before anybody listened.
    end();
    return;
  }
  process.channel?.unref();
  process.once('disconnect', end);
}
