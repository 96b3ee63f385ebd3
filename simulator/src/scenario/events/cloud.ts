import { z } from 'zod';
import { clock } from '../clock.ts';
import { Duration, Fraction } from '../values.ts';
import type { EventKind } from './event-kind.ts';
import { everySite } from './of-a-site.ts';

const shape = z
  .strictObject({ for: Duration, share: Fraction })
  .describe('The sun gives only this share of what it would, on all sites, for a while.');

export const cloud = {
  shape,
  sites: everySite,
  words: ({ share, for: lastsMs }) =>
    `cloud: the sun gives ${share} of its own for ${clock(lastsMs)}`,
  disturbs: ({ share, for: lastsMs }, atMs) => ({
    clouds: [{ share, fromMs: atMs, toMs: atMs + lastsMs }],
  }),
} satisfies EventKind<typeof shape>;
