import { DAY_MS, SiteId } from '@tieline/kernel';
import { z } from 'zod';
import type { EventKind } from './event-kind.ts';
import { itsSite } from './of-a-site.ts';

/** A clock without a battery begins in 1970, one that has run over in 2038 or 1901. */
const OFFSET_MAX_MS = 36_525 * DAY_MS;

const shape = z
  .strictObject({ site: SiteId, offsetMs: z.int().min(-OFFSET_MAX_MS).max(OFFSET_MAX_MS) })
  .describe('The wall clock of the gateway of this site is so far off from now on.');

export const wallClock = {
  shape,
  sites: itsSite,
  words: ({ site, offsetMs }) => `clock of ${site} ${offsetMs} ms off`,
  perform: ({ site, offsetMs }, { run }) => run.setClock(site, offsetMs),
} satisfies EventKind<typeof shape>;
