import type { CommandRecord, OfferRecord } from '../ports/records.ts';
import { RECEIPT_WAIT_MS } from './bounds.ts';

/*
 * The commands of one agent that have no receipt yet, and which of them is in flight: at most one.
 *
 * A command that was offered and not answered is *unknown*: it may have been carried out. It is offered
 * again under the same id, which the agent answers with the receipt it already gave, until it can no longer
 * be accepted. It gives way to others in between, so that one command that is never answered cannot
 * block those behind it, a `cede` among them.
 */

/** Offers of one command come at most this many times further apart than the first two. */
const SPREAD_MAX = 8;

export interface Waiting {
  readonly command: CommandRecord;
  readonly offers: number;
  /** The session of the newest offer; null before the first. */
  readonly sess: string | null;
  /** The agent's generation when it was offered; null before the first offer. */
  readonly generation: number | null;
  /** While it has not come, this command is in flight; monotonic ms. */
  readonly answerByMs: number;
  /** Not offered again before it; monotonic ms. */
  readonly againMs: number;
}

export function waitingOf(command: CommandRecord, before: readonly OfferRecord[]): Waiting {
  return {
    command,
    offers: before.length,
    sess: null,
    generation: before[0]?.generation ?? null,
    answerByMs: -Infinity,
    againMs: -Infinity,
  };
}

export function offered(
  waiting: Waiting,
  to: { readonly sess: string; readonly generation: number },
  nowMs: number,
): Waiting {
  const offers = waiting.offers + 1;
  const spread = Math.min(2 ** (offers - 1), SPREAD_MAX);
  return {
    command: waiting.command,
    offers,
    ...to,
    answerByMs: nowMs + RECEIPT_WAIT_MS,
    againMs: nowMs + RECEIPT_WAIT_MS * spread,
  };
}

export interface QueueView {
  readonly wallMs: number;
  readonly monotonicMs: number;
  /** The agent's present session; null while it cannot be offered anything. */
  readonly sess: string | null;
  /** The agent's generation now. */
  readonly generation: number;
  /** Whether its clock can judge the window of an order. */
  readonly isClocked: boolean;
}

export type QueueStep =
  | { readonly do: 'wait' }
  | { readonly do: 'offer'; readonly waiting: Waiting }
  /** Leaves the queue without a receipt: `unknown` where it was ever offered. */
  | {
      readonly do: 'give-up';
      readonly waiting: Waiting;
      readonly code: 'too_late' | 'order_session_other' | 'disk_replaced';
    }
  /** The answer is overdue: say so, once. */
  | { readonly do: 'doubt'; readonly waiting: Waiting };

/** What to do next for one agent; called until it says `wait`. */
export function nextStep(queue: readonly Waiting[], view: QueueView): QueueStep {
  for (const waiting of queue) {
    const { command } = waiting;
    if (view.wallMs >= command.notAfterWallMs) {
      return { do: 'give-up', waiting, code: 'too_late' };
    }
    // Who took it on the disk before remembers nothing of it now, and would take it a second time.
    if (waiting.generation !== null && waiting.generation < view.generation) {
      return { do: 'give-up', waiting, code: 'disk_replaced' };
    }
    if (view.sess !== null && command.boundSess !== null && command.boundSess !== view.sess) {
      return { do: 'give-up', waiting, code: 'order_session_other' };
    }
    if (command.control.state === 'offered' && view.monotonicMs >= waiting.answerByMs) {
      return { do: 'doubt', waiting };
    }
  }
  if (view.sess === null) return { do: 'wait' };
  const inFlight = queue.some(
    (waiting) => waiting.sess === view.sess && view.monotonicMs < waiting.answerByMs,
  );
  if (inFlight) return { do: 'wait' };
  const due = queue
    .filter(
      ({ command, sess, againMs }) =>
        command.notBeforeWallMs <= view.wallMs &&
        (view.isClocked || !isJudgedByClock(command)) &&
        (sess !== view.sess || view.monotonicMs >= againMs),
    )
    .reduce<Waiting | null>(
      (first, one) => (first === null || earlier(one, first) ? one : first),
      null,
    );
  return due === null ? { do: 'wait' } : { do: 'offer', waiting: due };
}

/** An order that is bound to no session: who does not know the time would refuse it, and for good. */
function isJudgedByClock({ basis, boundSess }: CommandRecord): boolean {
  return basis.type === 'order' && boundSess === null;
}

/** Fewer offers first; the queue's own order among equals. */
function earlier(one: Waiting, other: Waiting): boolean {
  return one.offers < other.offers;
}
