import type { z } from 'zod';
import { clock } from '../scenario/clock.ts';
import type { ScenarioFile } from '../scenario/scenario-file.ts';
import type { Sites } from '../scenario/site-size.ts';
import type { TimedEvent } from './timeline.ts';

/** The longest wait between two attempts to connect, and what there is to say then. */
const SETTLES_WITHIN_MS = 330_000;
const WATCHED_MS = 30_000;
/** An order is carried out, and its receipts are here, within this time. */
const OBEYS_WITHIN_MS = 60_000;
const ENDS_MS = 30_000;
/** The slowest order that is drawn is ramped in, and out again, within this time. */
const RAMPS_MS = 240_000;
/** The last records are always on their way. */
const BUFFERED_MAX = 30;

type Given = z.input<typeof ScenarioFile>;
interface Life {
  readonly for: string;
  readonly timeline: NonNullable<Given['timeline']>;
  readonly expect: NonNullable<Given['expect']>;
}

/** When everything must be as it was, ms after the scenario began. @param healedMs  since when nothing is broken */
export function settledMs(healedMs: number): number {
  return Math.ceil((healedMs + SETTLES_WITHIN_MS) / 1_000) * 1_000;
}

/**
 * What has to hold once all faults have healed: everybody is linked and has the newest policy, everything that
 * happened is receipted, every order has come to an end; and a new order for each site is carried out.
 */
export function expectedLife(
  sites: z.input<typeof Sites>,
  timeline: readonly TimedEvent[],
  fromMs: number,
): Life {
  const from = clock(fromMs);
  const askedMs = fromMs + WATCHED_MS;
  // An order may reach its agent as late as the link is back, and then lasts for as long as it says.
  const endMs = ({ atMs, endsMs }: TimedEvent): number => fromMs + (endsMs - atMs) + RAMPS_MS;
  const orders = timeline.filter(({ given: { order } }) => order !== undefined);
  const overMs = Math.max(askedMs + OBEYS_WITHIN_MS + ENDS_MS, ...orders.map(endMs));
  const names = Object.keys(sites);
  const version = 1 + timeline.filter(({ given }) => given.policy !== undefined).length;
  return {
    for: clock(overMs),
    timeline: names.map((site) => ({
      at: clock(askedMs),
      order: { name: `then-${site}`, site, ...harmless(sites[site]!), for: '30s' },
    })),
    expect: [
      { that: 'fleet.alarms', max: 0 },
      ...names.flatMap((site) => [
        { that: `${site}.linked`, min: 1, from },
        { that: `${site}.buffered`, max: BUFFERED_MAX, from },
        { that: `${site}.policyVersion`, min: version, from },
        { that: `${site}.waiting`, max: 0, from, to: clock(askedMs - 500) },
      ]),
      ...orders.flatMap((event) => {
        const { order } = event.given;
        const within = clock(endMs(event) - event.atMs);
        return order === undefined
          ? []
          : [{ order: order.name, reaches: 'an end' as const, within }];
      }),
      ...names.map((site) => ({
        ...{ order: `then-${site}`, reaches: 'confirmed by the device' as const },
        within: clock(OBEYS_WITHIN_MS),
      })),
    ],
  };
}

/** What any battery can do, whatever is left in it, any inverter, whatever the sun does, and any car. */
export function harmless({
  battery,
  pvPeakKw = 0,
  ev,
}: Pick<z.input<typeof Sites>[string], 'pvPeakKw'> & {
  readonly battery?: unknown;
  readonly ev?: { readonly chargers: number; readonly powerKw?: number | undefined };
}) {
  if (battery !== undefined) return { asset: 'battery', kw: 0 } as const;
  if (pvPeakKw > 0 || ev === undefined) return { asset: 'pv', kw: pvPeakKw } as const;
  return { asset: 'ev', kw: -ev.chargers * (ev.powerKw ?? 0) } as const;
}
