import { DAY_MS, HOUR_MS, hashWords } from '@tieline/kernel';
import { type Signal, seedWords } from './profiles/noise.ts';

/** Cars that come home, plug in and charge at once: a load that nobody steers. */
export interface EvFleet {
  /** One car each, every day. */
  readonly chargers: number;
  /** Of a charger, kW. */
  readonly powerKw: number;
  /** Mean of a day, kWh; a car's own lies within half of it. */
  readonly energyKwh: number;
  /** After midnight UTC, ms. */
  readonly arrivesMs: number;
  /** They come up to so much earlier or later, ms. */
  readonly spreadMs: number;
}

interface Session {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What the fleet draws, kW: a pure function of seed, site and time. @param index  of the site */
export function evLoad(fleet: EvFleet, seed: number, index: number): Signal {
  const words = [...seedWords(seed), 0x300 + index];
  const chargers = Array.from({ length: fleet.chargers }, (_, charger) => charger);
  const sessionsOf = (day: number): readonly Session[] =>
    chargers.map((charger) => {
      const drawn = (kind: number): number =>
        hashWords(...words, charger, kind, day) / 2_147_483_648 - 1;
      const fromMs = day * DAY_MS + fleet.arrivesMs + drawn(1) * fleet.spreadMs;
      const energyKwh = fleet.energyKwh * (1 + drawn(2) / 2);
      return { fromMs, toMs: fromMs + (energyKwh / fleet.powerKw) * HOUR_MS };
    });
  let known: { readonly day: number; readonly sessions: readonly Session[] } | null = null;
  return (tMs) => {
    const day = Math.floor(tMs / DAY_MS);
    // Who came late the day before may still charge; who comes early tomorrow may have begun.
    if (known?.day !== day) known = { day, sessions: [day - 1, day, day + 1].flatMap(sessionsOf) };
    const charging = known.sessions.filter(({ fromMs, toMs }) => fromMs <= tMs && tMs < toMs);
    return Math.min(charging.length, fleet.chargers) * fleet.powerKw;
  };
}
