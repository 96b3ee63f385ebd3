import type { Link } from './agent-state.ts';
import { EVENT_RING } from './bounds.ts';
import type { CommandSummary } from './ladder.ts';

export type ControlEvent =
  | {
      readonly type: 'agent';
      readonly site: string;
      readonly link: Link;
      readonly sinceWallMs: number;
      readonly quarantine: string | null;
      /** What happened: `session`, `back`, `lost`, `quarantined`, `released`. */
      readonly change: string;
    }
  | ({
      readonly type: 'command';
      readonly id: string;
      readonly site: string;
      readonly order: string | null;
    } & CommandSummary)
  | {
      readonly type: 'model';
      readonly site: string;
      readonly desired: string | null;
      readonly running: string | null;
    }
  | ({ readonly type: 'alarm'; readonly site: string | null; readonly detail: string } & Alarm);

/** ISA-18.2: what has no cause, consequence, action and time to respond is an event, not an alarm. */
export interface Alarm {
  readonly code: keyof typeof ALARMS;
  readonly cause: string;
  readonly consequence: string;
  readonly action: string;
  readonly respondWithinMs: number;
}

const HOUR_MS = 3_600_000;
const QUARTER_HOUR_MS = HOUR_MS / 4;
const ALARMS = {
  agent_quarantined: {
    cause:
      'An agent’s audit log, or its count of boots, contradicts what is held and signed for here.',
    consequence: 'It gets no commands; its local control goes on.',
    action: 'Find out whose disk was replaced, restored or copied; then release the site.',
    respondWithinMs: HOUR_MS,
  },
  audit_behind: {
    cause:
      'An agent holds receipts for more records than are held here: an older copy was restored.',
    consequence: 'Its uploads are refused, so nothing that it does from here on can be proven.',
    action:
      'Restore a newer copy; or keep the gateway’s data, start it on none, and release the site.',
    respondWithinMs: HOUR_MS,
  },
  audit_refused: {
    cause: 'A part of an audit log was uploaded that is damaged, or that others signed.',
    consequence: 'It is not stored, so nothing that the agent does from there on can be proven.',
    action: 'Read the reason, and inspect the gateway.',
    respondWithinMs: HOUR_MS,
  },
  command_unsendable: {
    cause: 'A command that was taken here is larger than an agent accepts, or cannot be signed.',
    consequence: 'It is given up; the agent never hears of it.',
    action: 'Order the same again in smaller parts.',
    respondWithinMs: HOUR_MS,
  },
  device_doubted: {
    cause:
      'Readings of a site contradict each other: of its meters, or of a charge and counted energy.',
    consequence: 'The agent goes on without the one in doubt, and shaves less or not at all.',
    action:
      'Compare the devices with what flows; look for a reversed transformer, a unit, a scale.',
    respondWithinMs: HOUR_MS,
  },
  device_foreign_setpoint: {
    cause: 'A device holds a setpoint that its agent did not write, or does not take the agent’s.',
    consequence: 'The agent writes over it; in between the device does what nobody here ordered.',
    action:
      'Find the other master, or take the device into local control until its fault is found.',
    respondWithinMs: QUARTER_HOUR_MS,
  },
  device_not_following: {
    cause: 'A device shows the setpoint that it was told, and does something else.',
    consequence: 'The site’s other assets make up for it, as far as they can.',
    action: 'Compare it with the meter; inspect the device, or take it out of dispatch.',
    respondWithinMs: QUARTER_HOUR_MS,
  },
  device_not_read: {
    cause: 'A device has not been read for half a minute, or says what cannot be true.',
    consequence:
      'Without a store the others make up for it; without the site’s meter nothing is shaved.',
    action: 'Look at its network, its address and its scale.',
    respondWithinMs: QUARTER_HOUR_MS,
  },
  device_not_written: {
    cause: 'A device that is read refuses what its agent writes, or answers no write.',
    consequence: 'Its own timer ends what it was last told; it takes no part until it answers.',
    action: 'Look at its network and at whether it was taken into local control.',
    respondWithinMs: QUARTER_HOUR_MS,
  },
  device_timer_not_armed: {
    cause: 'A device’s own reversion timer does not run.',
    consequence: 'If its agent or gateway fails, it holds the last setpoint for ever.',
    action: 'Take it out of dispatch, and have its maker repair the timer.',
    respondWithinMs: HOUR_MS,
  },
  limits_conflict: {
    cause: 'Limits in force at a site cannot all be kept: what one asks for, another forbids.',
    consequence: 'The one of the highest rank is kept, and the others are passed.',
    action:
      'Take the load off, or have whoever set a limit lift it; look at which has passed its time.',
    respondWithinMs: QUARTER_HOUR_MS,
  },
  policy_conflict: {
    cause: 'Two signed policies have the same version and different content.',
    consequence: 'The one held stays in force; agents may hold either.',
    action: 'Ask the holders of the policy key which is meant, and publish it as a newer version.',
    respondWithinMs: HOUR_MS,
  },
  receipt_conflict: {
    cause: 'An agent said two different things under one index of its audit log.',
    consequence: 'The first one stands; the state shown for its command may be wrong.',
    action: 'Check whether two machines use this agent’s key, and inspect the gateway.',
    respondWithinMs: HOUR_MS,
  },
  term_behind: {
    cause:
      'An agent has followed a later term than this control plane’s: an older copy was restored.',
    consequence:
      'The term is raised above it, if one agent’s word may; else its commands are refused.',
    action:
      'Make sure that no other control plane leads; what was ordered since the copy is not known here.',
    respondWithinMs: HOUR_MS,
  },
  work_failed: {
    cause: 'The control plane fails at its own work: most often its disk is full or broken.',
    consequence:
      'It tries again every second. What is not stored is neither sent nor acknowledged.',
    action: 'Read the reason, and free or replace the disk under the data directory.',
    respondWithinMs: HOUR_MS,
  },
} as const;

export function alarm(
  code: keyof typeof ALARMS,
  site: string | null,
  detail: string,
): ControlEvent {
  return { type: 'alarm', code, site, detail, ...ALARMS[code] };
}

export interface Numbered {
  /** Leadership term and place in it: an id of an earlier term is known to be too old. */
  readonly id: string;
  readonly wallMs: number;
  readonly event: ControlEvent;
}

/** The newest events, for those who listen and for those who come back. */
export class EventLog {
  readonly #term: number;
  readonly #ring: Numbered[] = [];
  readonly #listeners = new Set<(numbered: Numbered) => void>();
  #count = 0;

  constructor(term: number) {
    this.#term = term;
  }

  append(event: ControlEvent, wallMs: number): void {
    this.#count += 1;
    const numbered: Numbered = { id: `${this.#term}-${this.#count}`, wallMs, event };
    this.#ring[(this.#count - 1) % EVENT_RING] = numbered;
    for (const listener of this.#listeners) listener(numbered);
  }

  /** Events after the one named; null where some of them are gone, or the id is of no event known here. */
  after(id: string): readonly Numbered[] | null {
    const [term, place] = id.split('-').map(Number);
    if (term !== this.#term || place === undefined || !Number.isInteger(place)) return null;
    if (place > this.#count || place < this.#count - EVENT_RING) return null;
    const wanted: Numbered[] = [];
    for (let nr = place; nr < this.#count; nr += 1) wanted.push(this.#ring[nr % EVENT_RING]!);
    return wanted;
  }

  /** @returns ends the subscription */
  listen(listener: (numbered: Numbered) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
