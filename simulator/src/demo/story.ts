import type { LinkProxy } from '@tieline/bus';
import { type Clock, QUARTER_HOUR_MS } from '@tieline/kernel';
import type { Intruder } from '../deployment/intruder.ts';
import type { AgentView, CommandView, Operator } from '../live/adapters/operator.ts';
import { clockTime } from './screen.ts';

/** When the scenes begin, simulated ms after the story's first whole quarter hour begins. */
const SCENES_MS = {
  order: 4 * 60_000,
  intruder: 11 * 60_000,
  cut: 16 * 60_000,
  restore: 22 * 60_000,
} as const;
/** The story needs this long, simulated ms: two quarter hours. */
export const STORY_MS = 2 * QUARTER_HOUR_MS;
/** How often the story looks whether something has come true, simulated ms. */
const LOOK_MS = 6_000;
/** After that nobody waits for it any more, simulated ms. */
const PATIENCE_MS = 6 * 60_000;

/** Sites by the part they play. */
export interface Cast {
  readonly ordered: string;
  readonly bystander: string;
  readonly cut: string;
}

/** What the scenes found, for the summary. Times are simulated Unix ms. */
export interface Findings {
  readonly cutMs: number;
  readonly restoredMs: number;
}

/** Whom the story needs on the stage. */
export interface Troupe {
  readonly operator: Pick<Operator, 'agents' | 'commands' | 'dispatch'>;
  readonly intruder: Pick<Intruder, 'isUp' | 'forge' | 'replay'>;
  /** The agents' links to the broker, by site. */
  readonly links: ReadonlyMap<string, Pick<LinkProxy, 'cut' | 'restore'>>;
  /** Set where a process ended by itself: the story cannot go on. */
  failure(): string | null;
}

export interface Telling {
  readonly troupe: Troupe;
  readonly clock: Clock;
  readonly cast: Cast;
  tell(line: string): void;
  /** Ends the story early: the user, or a process that died. */
  readonly signal: AbortSignal;
  /** What was waited for and never seen; the story came true where this stays empty. */
  readonly inVain: string[];
}

/** Waits until every agent is linked, runs its model and has nothing left to prove. */
export async function untilAssembled(telling: Telling, agents: number): Promise<void> {
  await untilTrue(telling, 'every agent is linked and runs its model', async () => {
    const views = await telling.troupe.operator.agents();
    const ready = views.filter(({ link, reported }) => link === 'present' && reported?.model);
    return telling.troupe.intruder.isUp && ready.length === agents;
  });
}

/**
 * Plays the evening: a peak is shaved, an order dispatched and confirmed, a forged and a replayed command
 * refused, a site cut off and brought back. Says what it sees, and nothing that it has not seen.
 */
export async function playStory(telling: Telling, startMs: number): Promise<Findings> {
  say(
    telling,
    'The evening ramp comes; each agent forecasts its quarter hour and shaves the peak inside its margins.',
  );
  await untilTime(telling, startMs + SCENES_MS.order);
  await dispatchScene(telling);
  await untilTime(telling, startMs + SCENES_MS.intruder);
  await intruderScene(telling);
  await untilTime(telling, startMs + SCENES_MS.cut);
  return cutScene(telling, startMs);
}

async function cutScene(telling: Telling, startMs: number): Promise<Findings> {
  const { cast, troupe } = telling;
  const link = troupe.links.get(cast.cut);
  if (link === undefined) throw new Error(`there is no link to ${cast.cut}`);
  link.cut();
  const cutMs = telling.clock.wallMs();
  say(telling, `The link to ${cast.cut} is cut.`);
  const lost = await untilTrue(telling, `${cast.cut} counts as lost`, async () => {
    return (await siteOf(telling, cast.cut)).link === 'lost';
  });
  if (lost) {
    say(
      telling,
      `The control plane has lost ${cast.cut}; the agent goes on alone, logging to its own disk.`,
    );
  }
  await untilTime(telling, startMs + SCENES_MS.restore);
  link.restore();
  const restoredMs = telling.clock.wallMs();
  say(telling, `The link to ${cast.cut} is back.`);
  if (await untilDrained(telling, [cast.cut])) {
    const { auditReceipted } = await siteOf(telling, cast.cut);
    say(
      telling,
      `${cast.cut} is linked again; its audit log has drained: ${auditReceipted} records receipted.`,
    );
  }
  return { cutMs, restoredMs };
}

async function dispatchScene(telling: Telling): Promise<void> {
  const { troupe, cast } = telling;
  const action = {
    type: 'setpoint',
    asset: 'battery',
    activePowerKw: 120,
    rampKwPerS: 20,
    rampOutKwPerS: 20,
    startWithinMs: 0,
    validForMs: 5 * 60_000,
    revert: { to: 'local' },
    priority: 0,
  } as const;
  const reason = 'relieve the feeder at the evening peak';
  const sent = await troupe.operator.dispatch(cast.ordered, [action], reason);
  say(
    telling,
    `An operator signs: ${cast.ordered} battery +120 kW for 5 min. Command ${sent.id.slice(0, 8)} is on its way.`,
  );
  let state = '';
  await untilTrue(telling, 'the order is confirmed by measurement', async () => {
    const command = await commandOf(telling, sent.id);
    const now = words(command);
    if (now !== state) say(telling, `  command ${sent.id.slice(0, 8)}: ${now}`);
    state = now;
    return command.confirmedBy === 'meter';
  });
}

async function intruderScene(telling: Telling): Promise<void> {
  const { troupe, cast } = telling;
  const before = await refusedBy(telling);
  await troupe.intruder.forge(cast.ordered);
  say(
    telling,
    `An intruder at the broker forges a command for ${cast.ordered}: one bit of it is changed.`,
  );
  await troupe.intruder.replay(cast.ordered);
  await troupe.intruder.replay(cast.ordered, cast.bystander);
  say(
    telling,
    `The intruder replays the operator's command to ${cast.ordered}, and to ${cast.bystander}.`,
  );
  const reached = await untilTrue(telling, 'all three were refused', async () => {
    return (await refusedBy(telling)) >= before + 3;
  });
  if (reached)
    say(
      telling,
      '  All three came to nothing: refused or answered from memory, counted, and on the audit record.',
    );
}

/** Messages that agents say they refused, or had already acted on, since they started. */
async function refusedBy(telling: Telling): Promise<number> {
  let sum = 0;
  for (const { reported } of await telling.troupe.operator.agents()) {
    for (const count of Object.values(reported?.refused ?? {})) sum += count;
  }
  return sum;
}

/** Waits until the control plane holds every audit record that these sites have reported. */
export async function untilDrained(telling: Telling, sites: readonly string[]): Promise<boolean> {
  const fromMs = telling.clock.wallMs();
  return untilTrue(telling, 'the audit logs have drained', async () => {
    const views = (await telling.troupe.operator.agents()).filter(({ site }) =>
      sites.includes(site),
    );
    return views.every(
      ({ link, heardWallMs, reported, auditReceipted }) =>
        link === 'present' &&
        (heardWallMs ?? 0) >= fromMs &&
        reported !== null &&
        auditReceipted >= reported.audit.size,
    );
  });
}

async function siteOf(telling: Telling, site: string): Promise<AgentView> {
  const views = await telling.troupe.operator.agents();
  const view = views.find((one) => one.site === site);
  if (view === undefined) throw new Error(`the control plane does not know ${site}`);
  return view;
}

async function commandOf(telling: Telling, id: string): Promise<CommandView> {
  const command = (await telling.troupe.operator.commands()).find((one) => one.id === id);
  if (command === undefined) throw new Error(`the control plane does not know command ${id}`);
  return command;
}

function words({ state, confirmedBy, clipped }: CommandView): string {
  if (clipped !== null) return `${state}, clipped by ${clipped.by} to ${clipped.toKw} kW`;
  if (state !== 'confirmed') return state;
  return confirmedBy === 'meter'
    ? "confirmed by measurement: the site's own meters agree"
    : 'confirmed by the device: its setpoint was read back';
}

function say(telling: Telling, line: string): void {
  telling.tell(`${clockTime(telling.clock.wallMs())}  ${line}`);
}

export async function untilTime(telling: Telling, tMs: number): Promise<void> {
  const { clock, signal, troupe } = telling;
  while (clock.wallMs() < tMs) {
    await clock.sleepUntil(
      Math.min(clock.monotonicMs() + LOOK_MS, monotonicAt(clock, tMs)),
      signal,
    );
    assertOn(troupe, signal);
  }
}

function monotonicAt(clock: Clock, wallMs: number): number {
  return clock.monotonicMs() + (wallMs - clock.wallMs());
}

/** False, and said so, when it has not come true within the story's patience. */
async function untilTrue(
  telling: Telling,
  what: string,
  holds: () => Promise<boolean>,
): Promise<boolean> {
  const { clock, signal, troupe } = telling;
  const giveUpMs = clock.wallMs() + PATIENCE_MS;
  while (clock.wallMs() < giveUpMs) {
    if (await holds()) return true;
    await clock.sleepUntil(clock.monotonicMs() + LOOK_MS, signal);
    assertOn(troupe, signal);
  }
  telling.inVain.push(what);
  say(telling, `✗ waited in vain: ${what}`);
  return false;
}

function assertOn(troupe: Troupe, signal: AbortSignal): void {
  const failure = troupe.failure();
  if (failure !== null) throw new Error(failure);
  if (signal.aborted) throw new Error('interrupted');
}
