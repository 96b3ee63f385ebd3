import { SiteId } from '@tieline/kernel';
import { z } from 'zod';
import type { EventKind } from './event-kind.ts';
import { itsSite } from './of-a-site.ts';

const shape = z
  .strictObject({ site: SiteId, full: z.boolean() })
  .describe('The disk of the gateway of this site takes nothing more, or takes what comes again.');

export const disk = {
  shape,
  sites: itsSite,
  onlyVirtual: () => 'the disk of a live agent is that of the machine',
  words: ({ site, full }) => `disk of ${site} ${full ? 'full' : 'has room again'}`,
  perform: ({ site, full }, { run }) => run.inside?.fillDisk(site, full),
} satisfies EventKind<typeof shape>;
