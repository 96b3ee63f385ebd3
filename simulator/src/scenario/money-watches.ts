import type { Comparison } from '../economics/bill.ts';
import { expectationWords } from './expectation-words.ts';
import type { Outcome, Watch } from './expectations.ts';
import type { Ledgers } from './ledgers.ts';
import type { BillExpectation, MovingExpectation } from './scenario-file.ts';

/** A bill that is lower than that without control. */
export function billWatch(given: BillExpectation, { own, idle }: Ledgers): Watch {
  const { currency } = own.tariff;
  return atTheEnd(expectationWords(given), () => {
    const { saved, withControl, withoutControl } = own.against(idle, given.billOf);
    const [is, was] = [withControl, withoutControl].map(({ total }) => total.toFixed(2));
    return {
      headroom: saved - given.savesAtLeast,
      seen: `${is} ${currency} where ${was} ${currency} were due without control`,
    };
  });
}

/** Energy that was drawn at another time, or not at all. */
export function movingWatch(given: MovingExpectation, { own, idle }: Ledgers): Watch {
  const { movedBy, atLeastKwh, atMostShare } = given;
  return atTheEnd(expectationWords(given), () => {
    const { movedKwh, movedShare }: Comparison = own.against(idle, movedBy);
    const kept =
      movedKwh >= (atLeastKwh ?? 0) && movedShare <= (atMostShare ?? Number.POSITIVE_INFINITY);
    return {
      kept,
      headroom: atLeastKwh === undefined ? null : movedKwh - atLeastKwh,
      seen: `${movedKwh.toFixed(2)} kWh, ${movedShare.toFixed(4)} of its load`,
    };
  });
}

/** What is known once the run is over. */
function atTheEnd(
  expected: string,
  found: () => { kept?: boolean; headroom: number | null; seen: string },
): Watch {
  return {
    look: () => undefined,
    outcome(): Outcome {
      const { headroom, seen, kept = (headroom ?? 0) >= 0 } = found();
      return { expected, kept, seen, headroom, atMs: null };
    },
  };
}
