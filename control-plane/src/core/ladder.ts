import type { ReceiptStatus } from '@tieline/protocol';
import type { ControlVerdict } from '../ports/records.ts';

/** How far a command has come: what the agent says, or, before its first word, what control knows. */
export type CommandState = ControlVerdict['state'] | ReceiptStatus['state'];

export interface CommandSummary {
  readonly state: CommandState;
  /** The weakest confirmation that *every* action has: read back from the device, or measured. */
  readonly confirmedBy: 'device' | 'meter' | null;
  /** A limit has taken part of what was ordered: what was confirmed is the rest. Of several, the newest. */
  readonly clipped: Clipping | null;
  /** Nothing more is expected; a late receipt may still correct it. */
  readonly final: boolean;
  /** The code of a refusal, or what else there is to say; null where the state says it all. */
  readonly detail: string | null;
}

export interface Clipping {
  readonly by: string;
  /** kW, positive into the grid. */
  readonly toKw: number;
}

export interface Rung {
  readonly generation: number;
  readonly auditIndex: number;
  readonly action: number | null;
  readonly status: ReceiptStatus;
}

/** The least advanced action speaks for the command; among equals, what needs attention first. */
const RANK: Readonly<Record<ReceiptStatus['state'], number>> = {
  refused: 0,
  failed: 1,
  unknown: 2,
  overridden: 3,
  accepted: 4,
  scheduled: 5,
  active: 6,
  clipped: 7,
  confirmed: 8,
  cancelled: 9,
  superseded: 10,
  expired: 11,
  completed: 12,
  reverted: 13,
};

const FINAL: ReadonlySet<CommandState> = new Set([
  'refused',
  'failed',
  'overridden',
  'cancelled',
  'superseded',
  'expired',
  'completed',
  'reverted',
]);

/**
 * Folds the rungs of one command, in any order: their places in the agent's logs tell which came first.
 *
 * @param actions  how many actions the command has, at least one
 */
export function summarise(
  actions: number,
  control: ControlVerdict,
  rungs: readonly Rung[],
): CommandSummary {
  if (rungs.length === 0) {
    const givenUp = control.state === 'unknown' && control.code !== 'no_receipt';
    const final = givenUp || control.state === 'expired' || control.state === 'refused';
    return { ...NOTHING_SEEN, state: control.state, final, detail: control.code };
  }
  const ordered = rungs.toSorted(
    (a, b) => a.generation - b.generation || a.auditIndex - b.auditIndex,
  );
  const each = Array.from({ length: actions }, (_, action) => climbed(action, ordered));
  const speaker = each.reduce((low, one) =>
    RANK[one.last.state] < RANK[low.last.state] ? one : low,
  );
  const confirmations = each.map((one) => one.confirmedBy);
  const clipped = clippingOf(ordered);
  return {
    state: speaker.last.state,
    confirmedBy: confirmations.includes(null)
      ? null
      : confirmations.includes('device')
        ? 'device'
        : 'meter',
    clipped,
    final: each.every((one) => FINAL.has(one.last.state)),
    detail: detailOf(speaker.last) ?? (clipped === null ? null : clippingInWords(clipped)),
  };
}

const NOTHING_SEEN = { confirmedBy: null, clipped: null } as const;

interface Climbed {
  readonly last: ReceiptStatus;
  readonly confirmedBy: 'device' | 'meter' | null;
}

function climbed(action: number, ordered: readonly Rung[]): Climbed {
  // A receipt for another action of the command proves at least that this one was accepted with it.
  let last: ReceiptStatus = { state: 'accepted' };
  let confirmedBy: Climbed['confirmedBy'] = null;
  for (const { action: about, status } of ordered) {
    if (about !== null && about !== action) continue;
    last = status;
    if (status.state === 'confirmed' && confirmedBy !== 'meter') confirmedBy = status.by;
    // What was confirmed before a limit moved is not what flows now.
    if (status.state === 'clipped') confirmedBy = null;
  }
  return { last, confirmedBy };
}

/** An agent does not say when a limit has let go again: what was clipped once stays so to its end. */
function clippingOf(ordered: readonly Rung[]): Clipping | null {
  const newest = ordered.findLast(({ status }) => status.state === 'clipped')?.status;
  return newest?.state === 'clipped' ? { by: newest.by, toKw: newest.toKw } : null;
}

function clippingInWords({ by, toKw }: Clipping): string {
  return `clipped by ${by} to ${toKw} kW`;
}

function detailOf(status: ReceiptStatus): string | null {
  if (status.state === 'refused') return status.code;
  if (status.state === 'failed') return status.detail;
  if (status.state === 'clipped') return clippingInWords(status);
  return status.state === 'overridden' ? `overridden by ${status.by}` : null;
}
