/** Over once there was none for so long: the noise of a load may go to and fro across an edge, ms. */
export const OVER_AFTER_MS = 60_000;

/** A store that has to ramp, or a meter that is read a cycle later, keeps a limit a moment after it must, ms. */
const CONFLICT_AFTER_MS = 10_000;

/** What stands of a condition, and whether something is among it that was not told yet. */
export interface News {
  readonly present: readonly string[];
  readonly isMore: boolean;
}

/** One thing that is wrong, session ms. */
interface Sight {
  readonly sinceMs: number;
  readonly lastMs: number;
  readonly isTold: boolean;
}

/** What is wrong for a time, as the log tells of it: once it has stood, when it changes, and a while after it was. */
export class Standing {
  readonly #afterMs: number;
  /** All that is not over. */
  #sights: ReadonlyMap<string, Sight> = new Map();

  /** @param afterMs  what is gone after less is not told of */
  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  /** What has to be told with this cycle, nothing in it where it is over; null where nothing has. */
  news(present: readonly string[], nowMs: number): News | null {
    const isOver = ({ lastMs }: Sight): boolean => nowMs - lastMs >= OVER_AFTER_MS;
    const sights = new Map([...this.#sights].filter(([, one]) => one.isTold || !isOver(one)));
    for (const one of present) {
      const { sinceMs, isTold } = sights.get(one) ?? { sinceMs: nowMs, isTold: false };
      sights.set(one, { sinceMs, isTold, lastMs: nowMs });
    }
    this.#sights = sights;
    const isDue = ({ sinceMs, lastMs }: Sight): boolean =>
      lastMs === nowMs && nowMs - sinceMs >= this.#afterMs;
    const all = [...sights];
    const standing = all.filter(([, one]) => (one.isTold ? !isOver(one) : isDue(one)));
    const isMore = standing.some(([, { isTold }]) => !isTold);
    const isLess = all.some(([, one]) => one.isTold && isOver(one));
    return isMore || isLess ? { present: standing.map(([one]) => one), isMore } : null;
  }

  /** It is on record now. */
  tell({ present }: News): void {
    const left = [...this.#sights].filter(([one, { isTold }]) => present.includes(one) || !isTold);
    this.#sights = new Map(
      left.map(([one, sight]) => [one, { ...sight, isTold: present.includes(one) }]),
    );
  }
}

/** The records that tell of a condition: when it begins or gets worse, and when it, or a part of it, is over. */
const RECORDS = {
  conflicts: { present: 'limits_conflict', over: 'limits_agree' },
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
    conflicts: new Standing(CONFLICT_AFTER_MS),
    // Both are told of by who looks only once they have stood.
    doubts: new Standing(0),
    unread: new Standing(0),
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
