/** Over once there was none for so long: the noise of a load may go to and fro across an edge, ms. */
export const OVER_AFTER_MS = 60_000;

/** What is wrong for a time, as the log tells of it: at once when it begins or changes, and a while after it was. */
export class Standing {
  #told = '';
  #lastMs = 0;

  /** What has to be told with this cycle, empty where it is over; null where nothing has. */
  news(present: readonly string[], nowMs: number): string | null {
    const words = present.join('; ');
    if (words !== '') this.#lastMs = nowMs;
    const isOver = words === '' && nowMs - this.#lastMs >= OVER_AFTER_MS;
    return words !== this.#told && (words !== '' || isOver) ? words : null;
  }

  /** It is on record now. */
  tell(news: string): void {
    this.#told = news;
  }
}
