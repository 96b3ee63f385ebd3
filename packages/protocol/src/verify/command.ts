import { assert, concatBytes, equalBytes, toHex, utf8 } from '@tieline/kernel';
import { sha256 } from '../crypto/digest.ts';
import { KINDS } from '../kinds.ts';
import type { Basis, Command } from '../messages/command.ts';
import type { Policy } from '../messages/policy.ts';
import { scopeCoversSite, type Trust, type TrustedKey } from '../trust/trust.ts';
import { checkActionScope } from './action-scope.ts';
import { type Arrival, type Opened, openSigned } from './addressed.ts';
import { checkAdmission } from './admission.ts';
import { actionsDigest, type CheckedBasis, checkBasis, namingBytes } from './basis.ts';
import {
  type CommandState,
  type CommandTime,
  EPOCH_STEP_MAX,
  type ReplayState,
  type StoredCommand,
} from './command-state.ts';
import { type Offer, refusal, VerifyError } from './failure.ts';

/** What verifying a command yields when it does not throw. */
export type CommandOutcome =
  | {
      readonly outcome: 'new';
      readonly offer: Offer;
      readonly command: Command;
      readonly basis: CheckedBasis;
      /** To be stored with the command, in one transaction with the journal and the audit record. */
      readonly replay: ReplayState;
      readonly stored: StoredCommand;
    }
  /** Accepted before: answer with the stored receipt and do nothing more. */
  | { readonly outcome: 'known'; readonly offer: Offer; readonly stored: StoredCommand };

/**
 * A command's id: one order or plan, wrapped again and again for one site, stays one command, whoever else
 * signs the order and in whatever order the signatures stand.
 */
export function commandIdOf(basis: Basis, site: string): Uint8Array {
  return sha256(concatBytes(namingBytes(basis), utf8(site))).slice(0, 16);
}

/**
 * The fifteen checks of protocol.md in their order. Pure but for the verification budget: the agent commits the
 * outcome in the same synchronous turn.
 *
 * @throws {VerifyError} with the step and its code; `offer` is set from step 9 on, where the author is known
 */
export function verifyCommand(
  arrival: Arrival,
  trust: Trust,
  state: CommandState,
  time: CommandTime,
): CommandOutcome {
  const opened = openSigned(KINDS.command, arrival, {
    trust,
    site: state.site,
    sess: state.sess,
    budget: state.budget,
    nowMs: time.sessionMs,
    wallS: time.wallS,
  });
  const offer = offerOf(opened, arrival.payload);
  try {
    return judge(opened, offer, { trust, state, time });
  } catch (thrown) {
    throw thrown instanceof VerifyError ? new VerifyError(thrown.failure, offer) : thrown;
  }
}

interface JudgeContext {
  readonly trust: Trust;
  readonly state: CommandState;
  readonly time: CommandTime;
}

/** Steps 9 to 15. */
function judge(
  { body: command, claims, author }: Opened<Command>,
  offer: Offer,
  { trust, state, time }: JudgeContext,
): CommandOutcome {
  const digest = actionsDigest(command.actions);
  const known = checkKnown(command, digest, state);
  if (known !== null) return { outcome: 'known', offer, stored: known };
  const replay = checkReplay(claim(claims.epoch), claim(claims.seq), author, state.replay);
  checkSessionTime(command, time);
  const policy = checkPolicy(claim(claims.pol), state.policy);
  checkScope(author, command, state);
  const basis = checkBasis(command.basis, { actions: digest, trust, state, policy, time });
  checkAdmission(command.actions, basis.rank, state, policy);
  const stored = { actionsDigest: digest, rank: basis.rank };
  return { outcome: 'new', offer, command, basis, replay, stored };
}

/** Step 3 has seen that every claim of a command is there. */
function claim<T>(value: T | undefined): T {
  assert(value !== undefined, 'a command has its claims');
  return value;
}

function offerOf({ body, claims, author }: Opened<Command>, payload: Uint8Array): Offer {
  return {
    commandId: body.id,
    cti: claim(claims.cti),
    messageDigest: sha256(payload),
    principal: author.principal,
    kid: author.kidText,
    epoch: claim(claims.epoch),
    seq: claim(claims.seq),
  };
}

/** Step 9. */
function checkKnown(
  command: Command,
  digest: Uint8Array,
  state: CommandState,
): StoredCommand | null {
  if (!equalBytes(command.id, commandIdOf(command.basis, state.site))) {
    throw refusal(9, 'command_id_wrong', { command: toHex(command.id) });
  }
  const stored = state.storedCommand(command.id);
  if (stored !== null && !equalBytes(stored.actionsDigest, digest)) {
    throw refusal(9, 'command_changed', { command: toHex(command.id) });
  }
  return stored;
}

/** Step 10. */
function checkReplay(
  epoch: number,
  seq: number,
  author: TrustedKey,
  seen: ReplayState,
): ReplayState {
  if (epoch < seen.epoch) throw refusal(10, 'epoch_stale', { epoch, seen: seen.epoch });
  if (epoch > seen.epoch + EPOCH_STEP_MAX) {
    throw refusal(10, 'epoch_step_too_large', { epoch, seen: seen.epoch, stepMax: EPOCH_STEP_MAX });
  }
  if (epoch === seen.epoch && seen.kid !== null) {
    if (!equalBytes(author.kid, seen.kid)) {
      throw refusal(10, 'epoch_key_other', { epoch, kid: author.kidText });
    }
    if (seq <= seen.seq) throw refusal(10, 'seq_replayed', { seq, seen: seen.seq });
  }
  return { epoch, kid: author.kid, seq };
}

/** Step 11. A command states no wall-clock window; an order's is judged with the order. */
function checkSessionTime({ notAfterSessionMs }: Command, { sessionMs }: CommandTime): void {
  if (sessionMs > notAfterSessionMs) {
    throw refusal(11, 'session_time_over', { notAfterSessionMs, sessionMs });
  }
}

/** Step 12. */
function checkPolicy(pol: number, held: Policy | null): Policy {
  if (held === null) throw refusal(12, 'policy_missing', { pol });
  if (pol > held.version) throw refusal(12, 'policy_newer', { pol, held: held.version });
  return held;
}

/** Step 13. */
function checkScope(author: TrustedKey, command: Command, state: CommandState): void {
  if (!scopeCoversSite(author.scope, state.site)) {
    throw refusal(13, 'site_out_of_scope', { principal: author.principal, site: state.site });
  }
  checkActionScope(13, 'action_out_of_scope', author, command.actions, state.assets);
}
