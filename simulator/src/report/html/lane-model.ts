import type { Happening } from '../../scenario/happenings.ts';
import type { ScenarioRun } from '../../scenario/run-scenario.ts';

/** What something was for a while, ms after the scenario began. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly words: string;
  /** Grey where it goes as it should; `over`: nothing is expected any more. */
  readonly tone: 'waiting' | 'working' | 'abnormal' | 'over';
}

export interface Lane {
  readonly name: string;
  readonly stretches: readonly Stretch[];
}

/** As many as can be told apart. */
export const LANES_MAX = 40;

type CommandHeard = Extract<Happening, { type: 'command' }>;

const WORKING = new Set(['active', 'confirmed']);
const OVER = new Set(['completed', 'reverted', 'superseded', 'cancelled']);
const ABNORMAL = new Set(['refused', 'failed', 'unknown', 'overridden', 'expired', 'clipped']);

/** Orders as the control plane heard of them, sites that it did not hear, and its alarms. */
export function lanesOf({ scenario, report, chronicle }: ScenarioRun): readonly Lane[] {
  const { happenings, commands, withControl, intervalMs } = chronicle;
  const { durationMs } = report;
  const orders = [...commands].map(([name, id]): Lane => {
    const heard = happenings.filter((one) => one.type === 'command' && one.id === id);
    return { name: `order ${name}`, stretches: rungs(heard as CommandHeard[], durationMs) };
  });
  const links = scenario.simulated.sites.map(({ plant: { site } }): Lane => {
    const linked = withControl.get(`${site}.linked`) ?? [];
    return { name: `${site} not heard`, stretches: outages(linked, intervalMs) };
  });
  const alarms = happenings.flatMap((one): Stretch[] => {
    if (one.type !== 'alarm') return [];
    const words = `${one.code}${one.site === null ? '' : ` of ${one.site}`}`;
    return [{ fromMs: one.atMs, toMs: one.atMs, words, tone: 'abnormal' }];
  });
  return [...orders, ...links, { name: 'alarms', stretches: alarms }].filter(
    ({ stretches }) => stretches.length > 0,
  );
}

function rungs(heard: readonly CommandHeard[], endMs: number): readonly Stretch[] {
  return heard.flatMap((one, index): Stretch[] => {
    const toMs = heard[index + 1]?.atMs ?? endMs;
    if (toMs <= one.atMs && index < heard.length - 1) return [];
    return [{ fromMs: one.atMs, toMs, words: wordsOf(one), tone: toneOf(one.state) }];
  });
}

function wordsOf({ state, confirmedBy }: CommandHeard): string {
  if (state !== 'confirmed') return state;
  return confirmedBy === 'meter' ? 'measured' : 'at the device';
}

function toneOf(state: string): Stretch['tone'] {
  if (ABNORMAL.has(state)) return 'abnormal';
  if (OVER.has(state)) return 'over';
  return WORKING.has(state) ? 'working' : 'waiting';
}

/** Where an agent was not heard, once it had been. */
export function outages(linked: readonly (number | null)[], intervalMs: number): Stretch[] {
  const found: Stretch[] = [];
  const first = linked.indexOf(1);
  let from = -1;
  for (let at = Math.max(0, first); at <= linked.length && first >= 0; at += 1) {
    const isOut = linked[at] === 0;
    if (isOut && from < 0) from = at;
    if (isOut || from < 0) continue;
    const [fromMs, toMs] = [from * intervalMs, at * intervalMs];
    found.push({ fromMs, toMs, words: 'not heard', tone: 'abnormal' });
    from = -1;
  }
  return found;
}
