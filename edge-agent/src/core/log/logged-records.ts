import { AuditError, type AuditRecord } from '@tieline/audit';
import { AssetId } from '@tieline/kernel';
import { Action, Actions, ClockState, RANKS, SitePolicy } from '@tieline/protocol';
import { z } from 'zod';
import type { AssetRatings } from '../../ports/devices.ts';
import type { AcceptedCommand } from '../law/active-actions.ts';
import type { Balance } from '../law/balance.ts';
import type { ActiveAction, AssetControl, ControlState } from '../law/control-state.ts';
import type { CountedCharge } from '../law/counted-charge.ts';
import type { DemandWindow } from '../law/demand-window.ts';
import type { LoggedCycle, LoggedReading } from './cycle-log.ts';

/**
 * The records that a replay reads, as they must look. A log comes from a file that anybody may have
 * written: nothing in it is taken for what our types say. Each schema is held to the type that the control
 * law works on, so that a field which one of them lacks does not compile.
 */

const CommandHex = z.string().regex(/^[0-9a-f]{32}$/);
const Ms = z.number();
const Kw = z.number();
const Rank = z.enum(RANKS);

const Ratings: z.ZodType<AssetRatings> = z.strictObject({
  asset: AssetId,
  kind: z.enum(['battery', 'pv', 'flexible-load', 'load', 'meter']),
  dischargeMaxKw: Kw,
  chargeMaxKw: Kw,
  energyKwh: z.number(),
});

const InForce: z.ZodType<ActiveAction> = z.strictObject({
  command: CommandHex,
  index: z.int(),
  rank: Rank,
  order: z.int(),
  action: Action,
  startsMs: Ms,
  endsMs: Ms,
  phase: z.enum(['scheduled', 'active', 'releasing', 'reverting']),
  rampFromKw: Kw,
  rampStartMs: Ms,
  reachedMs: Ms.nullable(),
  confirmed: z.enum(['nothing', 'device', 'meter']),
  clippedMs: Ms.nullable(),
  failed: z.boolean(),
});

const Counted: z.ZodType<CountedCharge> = z.tuple([Ms, z.number(), z.number(), z.boolean()]);

const Balanced: z.ZodType<Balance> = z.strictObject({
  turningMs: Ms.nullable(),
  doubted: z.boolean(),
});

const Asset: z.ZodType<AssetControl> = z.strictObject({
  askedKw: Kw.nullable(),
  movedMs: Ms,
  changedMs: Ms,
  reversalsMs: z.array(Ms),
  direction: z.literal([-1, 0, 1]),
  stray: z.strictObject({ sinceMs: Ms, powerKw: Kw }).nullable(),
  heldKw: Kw.nullable(),
  seen: z
    .strictObject({ atMs: Ms, activePowerKw: Kw, stateOfCharge: z.number().nullable() })
    .nullable(),
  counted: Counted.nullable(),
});

const Demand: z.ZodType<DemandWindow> = z.strictObject({
  lastMs: Ms.nullable(),
  quarterStartMs: Ms.nullable(),
  importKwMs: z.number(),
  measuredMs: Ms,
  minutes: z.array(z.number()),
  minuteKwMs: z.number(),
  minuteMs: Ms,
});

const ImportAt = z.strictObject({ importKw: Kw, atMs: Ms });

const State: z.ZodType<ControlState> = z.strictObject({
  ratings: z.array(Ratings),
  policy: SitePolicy.nullable(),
  actions: z.array(InForce),
  nextOrder: z.int(),
  assets: z.record(AssetId, Asset),
  demand: Demand,
  balance: Balanced,
  forecast: z.strictObject({
    model: ImportAt.nullable(),
    smoothedKw: Kw.nullable(),
    smoothedMs: Ms,
  }),
  uncontrolled: ImportAt.nullable(),
});

const Reading: z.ZodType<LoggedReading> = z.union([
  z.tuple([AssetId, z.enum(['silent', 'refused', 'implausible', 'unreachable'])]),
  z.tuple([
    AssetId,
    Kw,
    z.number(),
    z.number(),
    z.number().nullable(),
    Kw.nullable(),
    z.boolean(),
    z.number().nullable(),
  ]),
]);

const Cycle: z.ZodType<LoggedCycle> = z.tuple([
  Ms,
  Ms,
  ClockState,
  z.array(Reading),
  Kw.nullable(),
  z.array(z.tuple([AssetId, Kw.nullable()])),
  z.array(z.tuple([CommandHex, z.int().nullable(), z.string()])),
]);

const Accepted: z.ZodType<AcceptedCommand> = z.strictObject({
  command: CommandHex,
  rank: Rank,
  actions: Actions,
  acceptedMs: Ms,
  startDraws: z.array(z.number()),
  releaseDraws: z.array(z.number()),
});

const Snapshot = z.strictObject({ state: State });
const UnderWay = z.strictObject({ actions: z.array(InForce) });
const Cycles = z.strictObject({ cycles: z.array(Cycle) });
/** A policy that does not name the site holds nothing for it. */
const Activated = z.strictObject({ version: z.int(), site: SitePolicy.nullable() });

/** @throws {AuditError} record_malformed, as for each of these */
export function loggedState(record: AuditRecord): ControlState {
  return read(Snapshot, record, record.body).state;
}

/** The actions that were under way in the state of the snapshot before. */
export function loggedActions(record: AuditRecord): readonly ActiveAction[] {
  return read(UnderWay, record, record.body).actions;
}

export function loggedCycles(record: AuditRecord): readonly LoggedCycle[] {
  return read(Cycles, record, record.body).cycles;
}

export function loggedAcceptance(record: AuditRecord): AcceptedCommand {
  return read(Accepted, record, { ...record.body, command: record.subject });
}

export function loggedPolicy(record: AuditRecord): SitePolicy | null {
  return read(Activated, record, record.body).site;
}

function read<T>(schema: z.ZodType<T>, { kind, seq }: AuditRecord, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = [kind, ...(issue?.path ?? [])].join('.');
  throw new AuditError({ code: 'record_malformed', seq, reason: `${place}: ${issue?.message}` });
}
