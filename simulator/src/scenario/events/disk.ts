import { messageOf, SiteId } from '@tieline/kernel';
import { z } from 'zod';
import type { EventKind } from './event-kind.ts';
import { itsSite } from './of-a-site.ts';

const shape = z
  .strictObject({ site: SiteId, full: z.boolean() })
  .describe('The disk of the gateway of this site takes nothing more, or takes what comes again.');

export const disk = {
  shape,
  sites: itsSite,
  words: ({ site, full }) => `disk of ${site} ${full ? 'full' : 'has room again'}`,
  perform: async ({ site, full }, stage, atMs) => {
    try {
      await stage.run.fillDisk(site, full);
    } catch (thrown) {
      stage.fail(atMs, messageOf(thrown));
    }
  },
} satisfies EventKind<typeof shape>;
