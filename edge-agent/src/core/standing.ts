/** Over once there was none for so long: the noise of a load may go to and fro across an edge, ms. */
export const OVER_AFTER_MS = 60_000;

/** What stands of a condition, and whether something is among it that was not told yet. */
export interface News {
  readonly present: readonly string[];
  readonly isMore: boolean;
  /** Session ms. */
  readonly atMs: number;
}

/** What is wrong for a time, as the log tells of it: at once when it begins or changes, and a while after it was. */
export class Standing {
  /** What was told and is not over, and when it was last so, session ms. */
  #told: ReadonlyMap<string, number> = new Map();

  /** What has to be told with this cycle, nothing in it where it is over; null where nothing has. */
  news(present: readonly string[], nowMs: number): News | null {
    const told = [...this.#told].map(
      ([one, lastMs]) => [one, present.includes(one) ? nowMs : lastMs] as const,
    );
    this.#told = new Map(told);
    if (present.some((one) => !this.#told.has(one))) return { present, isMore: true, atMs: nowMs };
    const left = told.filter(([, lastMs]) => nowMs - lastMs < OVER_AFTER_MS).map(([one]) => one);
    return left.length < told.length ? { present: left, isMore: false, atMs: nowMs } : null;
  }

  /** It is on record now. */
  tell({ present, atMs }: News): void {
    this.#told = new Map(present.map((one) => [one, this.#told.get(one) ?? atMs]));
  }
}

/** The records that tell of a condition: when it begins or gets worse, and when it, or a part of it, is over. */
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
  readonly news: News;
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
      const news = this.#standing[condition].news(present[condition], nowMs);
      if (news === null) return [];
      const kind = RECORDS[condition][news.isMore ? 'present' : 'over'];
      return [{ condition, kind, body: { [condition]: news.present.join('; ') }, news }];
    });
  }

  /** It is on record now. */
  tell({ condition, news }: ConditionNews): void {
    this.#standing[condition].tell(news);
  }
}
