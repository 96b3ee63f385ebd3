/** Over once there was none for so long: the noise of a load may go to and fro across the edge of one, ms. */
const OVER_AFTER_MS = 60_000;

/** Limits that contradict each other, as the log tells of them: at once when they do, and a while after they did. */
export class Conflicts {
  #told = '';
  #lastMs = 0;

  /** What has to be told with this cycle: the conflicts, empty where they are over; null where nothing has. */
  news(conflicts: readonly string[], nowMs: number): string | null {
    const present = conflicts.join('; ');
    if (present !== '') this.#lastMs = nowMs;
    const isOver = present === '' && nowMs - this.#lastMs >= OVER_AFTER_MS;
    return present !== this.#told && (present !== '' || isOver) ? present : null;
  }

  /** It is on record now. */
  tell(news: string): void {
    this.#told = news;
  }
}
