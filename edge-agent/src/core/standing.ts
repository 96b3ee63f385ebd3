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

/** The records that tell of a condition: when it begins or changes, and when it is over. */
const RECORDS = {
  conflicts: { present: 'limits_conflict', over: 'limits_conflict' },
  doubts: { present: 'readings_doubted', over: 'readings_believed' },
  unread: { present: 'devices_unread', over: 'devices_read' },
} as const;
type Condition = keyof typeof RECORDS;

/** A record that is due. */
export interface ConditionNews {
  readonly condition: Condition;
  readonly kind: string;
  readonly body: Readonly<Record<string, string>>;
  readonly words: string;
}

/** Everything of that kind that one agent has. */
export class Conditions {
  readonly #standing: Readonly<Record<Condition, Standing>> = {
    conflicts: new Standing(),
    doubts: new Standing(),
    unread: new Standing(),
  };

  news(
    present: Readonly<Record<Condition, readonly string[]>>,
    nowMs: number,
  ): readonly ConditionNews[] {
    return Object.keys(RECORDS).flatMap((key) => {
      const condition = key as Condition;
      const words = this.#standing[condition].news(present[condition], nowMs);
      if (words === null) return [];
      const kind = RECORDS[condition][words === '' ? 'over' : 'present'];
      return [{ condition, kind, body: { [condition]: words }, words }];
    });
  }

  /** It is on record now. */
  tell({ condition, words }: ConditionNews): void {
    this.#standing[condition].tell(words);
  }
}
