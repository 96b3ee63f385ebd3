/** Every queue, wait and period of the control plane, in one place. */

import { HOUR_MS } from '@tieline/kernel';

/** One tick: liveness, commands whose time has come or gone, periodic messages. */
export const TICK_MS = 1_000;
/** Waits before it connects to a broker again: it is one, no herd, and everybody waits for it. */
export const RECONNECT = { baseMs: 1_000, maxMs: 10_000 } as const;
/** How often what was heard of the agents is written down, though nothing has changed. */
export const SAVE_AGENTS_MS = 60_000;
/** Work that goes on failing raises its alarm again after this time. */
export const FAULT_ALARM_AGAIN_MS = 60_000;
/** "The control plane is alive", to every agent that was ever heard. */
export const PRESENCE_MS = 10_000;
/** How often the current versions are named together, and for how long that is good. */
export const FRESHNESS_MS = 900_000;
export const FRESHNESS_VALID_MS = 3_600_000;

/** No receipt within this time: the command is *unknown*, and offered again. */
export const RECEIPT_WAIT_MS = 15_000;
/** A plan that was not accepted within this time is not worth carrying out. */
export const PLAN_ACCEPT_WITHIN_MS = 60_000;
/** The longest time between an order's signature and the last moment to accept it. */
export const ORDER_VALID_MAX_S = 31 * 86_400;
/** An order may name a preview that is no older than this: the state that it showed has moved on since. */
export const PREVIEW_AGE_MAX_MS = 3_600_000;
/** Commands that may wait for one agent. */
export const WAITING_MAX = 64;

/** Batches between the bus and the telemetry store; beyond it they are dropped and counted. */
export const TELEMETRY_QUEUE_BATCHES = 512;
/** A batch waits at most this long for others to share a commit with. */
export const TELEMETRY_FLUSH_MS = 200;
/** Batches verified in one turn; other work has its turn after them. */
export const TELEMETRY_TURN_BATCHES = 32;
/** Batches in one commit: a commit writes a page for every series, however little of it is new. */
export const TELEMETRY_COMMIT_BATCHES = 256;
/**
 * The longest stretch of one batch. A range must be looked for this far before its beginning, so one long batch
 * would make every later query of its series dear.
 */
export const TELEMETRY_SPAN_MAX_MS = 4 * HOUR_MS;
/** How far ahead of the clock here a measurement may be dated; one further ahead would stay the newest for ever. */
export const TELEMETRY_AHEAD_MAX_MS = 900_000;
/** Series of one site that neither the policy nor the configuration names. */
export const OTHER_SERIES_MAX = 128;
/** Measurements older than this are dropped, where nobody says otherwise. */
export const TELEMETRY_KEEP_DAYS = 90;
/** Old telemetry goes in steps, one a tick, and is looked for anew after a while. */
export const PRUNE_CHUNKS = 2_000;
export const PRUNE_AGAIN_MS = HOUR_MS;
/** Chunks, and values in them, read for one query: everybody waits while it is answered. */
export const QUERY_CHUNKS_MAX = 20_000;
export const QUERY_VALUES_MAX = 1_000_000;
/** Buckets in one answer. */
export const QUERY_POINTS_MAX = 5_000;

/** Model blocks handed out in a burst, and per second, per site. */
export const BLOCK_BURST = 160;
export const BLOCKS_PER_S = 32;

/** Commands looked through for those in one state: a state is told by receipts, not stored. */
export const COMMANDS_SEARCHED_MAX = 500;

/** Events kept for clients that come back. */
export const EVENT_RING = 1_000;

/**
 * Telemetry batches and receipts verified per topic: an agent that comes back sends what it kept. A batch
 * refused for its number would be lost, because the broker has taken it.
 */
export const BACKLOG_BUDGET = { burst: 400, perS: 100 } as const;
