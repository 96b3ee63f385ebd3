import baranWu33 from '../feeders/baran-wu-33.json' with { type: 'json' };
import { GridError } from './error.ts';
import { checkFeeder, type Feeder } from './feeder.ts';

const FEEDERS: ReadonlyMap<string, unknown> = new Map([['baran-wu-33', baranWu33]]);

/**
 * A feeder that ships with Tieline. `baran-wu-33`: 12.66 kV, 33 buses, five open ties, no ratings, and
 * below 0.95 per unit by nature.
 *
 * @throws {GridError} feeder_unknown
 */
export function embeddedFeeder(name: string): Feeder {
  const found = FEEDERS.get(name);
  if (found === undefined) {
    throw new GridError({ code: 'feeder_unknown', name, known: [...FEEDERS.keys()] });
  }
  return checkFeeder(found);
}
