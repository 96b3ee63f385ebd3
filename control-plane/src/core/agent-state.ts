import { toHex } from '@tieline/kernel';
import type { Birth, ClockState, Heartbeat, TreeHead } from '@tieline/protocol';
import type { AgentRecord, Quarantine, SeenSession } from '../ports/records.ts';

/*
 * What is known of one agent, and how each message changes it.
 *
 * The broker is not trusted: it may withhold a message and deliver it later, or again. A session is named
 * by its nonce, and inside it the session clock only rises; so a message is news only if its clock is past
 * what was seen of *that* session. Rejected: to believe only births. A birth that was lost while the control
 * plane was away would leave an agent unheard for ever, so a heartbeat may introduce its session as well,
 * once the session that is held has fallen silent.
 */

/** Silent for longer than this is lost: three heartbeats. */
const SILENT_MS = 30_000;
/** Sessions remembered per agent; an older one that returns would be taken for a new one. */
const SESSIONS_KEPT = 16;

export type Link = 'unheard' | 'present' | 'lost';

export interface AgentState {
  readonly site: string;
  readonly link: Link;
  /** When the link came to be as it is; for `lost`, when the agent was last heard. */
  readonly sinceWallMs: number;
  readonly sessions: readonly SeenSession[];
  readonly software: string | null;
  readonly bornWallMs: number | null;
  readonly heardWallMs: number | null;
  readonly heardMonotonicMs: number;
  /** The session clock as last told, and the control plane's monotonic clock then. */
  readonly clockAt: { readonly sessionMs: number; readonly monotonicMs: number } | null;
  readonly reported: Reported | null;
  /** Audit records that the agent has receipts for, by its newest word; null before the first. */
  readonly receipted: number | null;
  readonly quarantine: Quarantine | null;
  readonly generation: number;
}

/** What the agent says of itself; digests in hex. */
export interface Reported {
  readonly trust: number;
  readonly policy: number;
  readonly model: string | null;
  readonly clock: ClockState;
  readonly audit: { readonly size: number; readonly root: string };
  readonly mode: Heartbeat['mode'] | null;
  readonly control: Heartbeat['control'] | null;
  readonly buffered: Heartbeat['buffered'] | null;
  readonly refused: Heartbeat['refused'];
}

export interface Now {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export type QuarantineReason = Omit<Quarantine, 'sinceWallMs'>;
/** Compares an audit log's head with what was signed for; null where they agree. */
export type AuditJudge = (head: TreeHead) => QuarantineReason | null;

export type AgentChange =
  | { readonly type: 'session'; readonly by: 'birth' | 'heartbeat' }
  | { readonly type: 'back' }
  | { readonly type: 'lost' }
  | { readonly type: 'released' }
  | { readonly type: 'quarantined'; readonly code: Quarantine['code'] }
  | { readonly type: 'model'; readonly digest: string | null }
  /** Not believed: counted by code, and nothing changed. */
  | { readonly type: 'ignored'; readonly code: 'replayed' | 'session_unknown' };

export interface Step {
  readonly state: AgentState;
  readonly changes: readonly AgentChange[];
}

export type Birthed = { readonly sess: string; readonly body: Birth };
export type Beaten = { readonly sess: string; readonly body: Heartbeat };

export function agentFrom(record: AgentRecord | null, site: string, now: Now): AgentState {
  return {
    site,
    link: 'unheard',
    sinceWallMs: record?.heardWallMs ?? now.wallMs,
    sessions: record?.sessions ?? [],
    software: record?.software ?? null,
    bornWallMs: record?.bornWallMs ?? null,
    heardWallMs: record?.heardWallMs ?? null,
    heardMonotonicMs: now.monotonicMs,
    clockAt: null,
    reported: null,
    receipted: null,
    quarantine: record?.quarantine ?? null,
    generation: record?.generation ?? 0,
  };
}

export function recordOf(state: AgentState): AgentRecord {
  const { site, sessions, software, bornWallMs, heardWallMs, quarantine, generation } = state;
  return { site, sessions, software, bornWallMs, heardWallMs, quarantine, generation };
}

/** The session that commands are addressed to; null before the first word. */
export function presentSession(state: AgentState): SeenSession | null {
  return state.sessions.at(-1) ?? null;
}

/**
 * The agent's session clock now, ms; null while it has not been heard in this session. A delayed message
 * makes the estimate late, never early: what is dated by it ends sooner than meant, not later.
 */
export function sessionNowMs(state: AgentState, now: Now): number | null {
  if (state.clockAt === null) return null;
  return Math.floor(state.clockAt.sessionMs + now.monotonicMs - state.clockAt.monotonicMs);
}

export function onBirth(
  state: AgentState,
  { sess, body }: Birthed,
  judge: AuditJudge,
  now: Now,
): Step {
  const seen = state.sessions.find((session) => session.sess === sess);
  if (seen !== undefined && body.sessionMs <= seen.sessionMs && seen.boot !== null) {
    return ignored(state, 'replayed');
  }
  const isNew = presentSession(state)?.sess !== sess;
  const reason = isNew ? restoredDisk(state, body, judge) : null;
  const born: AgentState = {
    ...state,
    sessions: withSession(state, { sess, boot: body.boot, sessionMs: body.sessionMs }),
    software: body.software,
    receipted: body.receipted,
    bornWallMs: isNew ? now.wallMs : state.bornWallMs,
  };
  const reported: Reported = {
    ...heldOf(body),
    ...(isNew || state.reported === null
      ? { mode: null, control: null, buffered: null, refused: {} }
      : pickLasting(state.reported)),
  };
  return heard(state, born, reported, body.sessionMs, {
    now,
    reason,
    first: [{ type: 'session', by: 'birth' }],
  });
}

export function onHeartbeat(
  state: AgentState,
  { sess, body }: Beaten,
  judge: AuditJudge,
  now: Now,
): Step {
  const present = presentSession(state);
  const seen = state.sessions.find((session) => session.sess === sess);
  if (seen !== undefined && body.sessionMs <= seen.sessionMs) return ignored(state, 'replayed');
  const isNew = present?.sess !== sess;
  if (isNew && present !== null && state.link === 'present') {
    return ignored(state, 'session_unknown');
  }
  const { mode, control, buffered, refused } = body;
  const reported: Reported = { ...heldOf(body), mode, control, buffered, refused };
  const next: AgentState = {
    ...state,
    sessions: withSession(state, { sess, boot: seen?.boot ?? null, sessionMs: body.sessionMs }),
    receipted: body.audit.size - buffered.auditRecords,
    bornWallMs: isNew ? now.wallMs : state.bornWallMs,
  };
  return heard(state, next, reported, body.sessionMs, {
    now,
    reason: isNew ? judge(body.audit) : null,
    first: isNew ? [{ type: 'session', by: 'heartbeat' }] : [],
  });
}

/** The broker says that the connection broke: lost at once, until the next word of the agent. */
export function onDeath(state: AgentState, sess: string): Step {
  if (presentSession(state)?.sess !== sess) return ignored(state, 'session_unknown');
  return state.link === 'lost' ? { state, changes: [] } : lost(state);
}

/** Also one that was heard before the control plane was started, and not since, is lost; one never heard is not. */
export function onTick(state: AgentState, now: Now): Step {
  const silent = now.monotonicMs - state.heardMonotonicMs > SILENT_MS;
  const wasHeard =
    state.link === 'present' || (state.link === 'unheard' && state.sessions.length > 0);
  return silent && wasHeard ? lost(state) : { state, changes: [] };
}

/** The same site on another disk: what the one before counted says nothing of it. */
export function onNewDisk(state: AgentState): AgentState {
  const present = presentSession(state);
  const sessions = state.sessions.map((session) =>
    session === present || session.boot === null ? session : { ...session, boot: 0 },
  );
  return { ...state, sessions, generation: state.generation + 1 };
}

/** The first reason stands until a person has looked. */
export function quarantined(state: AgentState, reason: QuarantineReason, now: Now): Step {
  if (state.quarantine !== null) return { state, changes: [] };
  const quarantine = { ...reason, sinceWallMs: now.wallMs };
  return { state: { ...state, quarantine }, changes: [{ type: 'quarantined', code: reason.code }] };
}

function lost(state: AgentState): Step {
  const sinceWallMs = state.heardWallMs ?? state.sinceWallMs;
  return { state: { ...state, link: 'lost', sinceWallMs }, changes: [{ type: 'lost' }] };
}

function ignored(state: AgentState, code: 'replayed' | 'session_unknown'): Step {
  return { state, changes: [{ type: 'ignored', code }] };
}

interface Hearing {
  readonly now: Now;
  readonly reason: QuarantineReason | null;
  readonly first: readonly AgentChange[];
}

/** What every believed message has in common: the link, the clock, the quarantine. */
function heard(
  before: AgentState,
  state: AgentState,
  reported: Reported,
  sessionMs: number,
  { now, reason, first }: Hearing,
): Step {
  const changes = [...first];
  if (before.link !== 'present') changes.push({ type: 'back' });
  if (before.reported?.model !== reported.model) {
    changes.push({ type: 'model', digest: reported.model });
  }
  const judged = reason === null ? { state, changes: [] } : quarantined(state, reason, now);
  changes.push(...judged.changes);
  const next: AgentState = {
    ...judged.state,
    link: 'present',
    sinceWallMs: before.link === 'present' ? before.sinceWallMs : now.wallMs,
    heardWallMs: now.wallMs,
    heardMonotonicMs: now.monotonicMs,
    clockAt: { sessionMs, monotonicMs: now.monotonicMs },
    reported,
  };
  return { state: next, changes };
}

function heldOf(body: Birth | Heartbeat) {
  return {
    trust: body.trust,
    policy: body.policy,
    model: body.model === null ? null : toHex(body.model),
    clock: body.clock,
    audit: { size: body.audit.size, root: toHex(body.audit.root) },
  };
}

function pickLasting({ mode, control, buffered, refused }: Reported) {
  return { mode, control, buffered, refused };
}

function withSession(state: AgentState, session: SeenSession): readonly SeenSession[] {
  const others = state.sessions.filter((one) => one.sess !== session.sess);
  const before = state.sessions.find((one) => one.sess === session.sess)?.sessionMs ?? 0;
  const sessionMs = Math.max(before, session.sessionMs);
  return [...others, { ...session, sessionMs }].slice(-SESSIONS_KEPT);
}

/**
 * A new boot that knows less than was signed for runs on an old copy of its disk: its replay state is old
 * too. The same boot number again is left to the audit check (a session may end without a boot).
 */
function restoredDisk(state: AgentState, body: Birth, judge: AuditJudge): QuarantineReason | null {
  const bootKnown = Math.max(-1, ...state.sessions.map((session) => session.boot ?? -1));
  if (body.boot < bootKnown) {
    return { code: 'boot_fell', facts: { boot: body.boot, known: bootKnown } };
  }
  return judge(body.audit);
}
