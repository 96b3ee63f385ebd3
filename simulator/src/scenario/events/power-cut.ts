import { SiteId } from '@tieline/kernel';
import { z } from 'zod';
import type { EventKind } from './event-kind.ts';
import { itsSite } from './of-a-site.ts';

const shape = z
  .strictObject({
    site: SiteId,
    atWrite: z.int().min(1).max(100_000).describe('Which of its transactions from now on.'),
    kept: z.boolean().describe('Whether that transaction is durable.'),
  })
  .describe('The gateway of this site loses its power at a write to its disk.');

export const powerCut = {
  shape,
  sites: itsSite,
  onlyVirtual: () => 'nobody sees at which write a live agent is',
  words: ({ site, atWrite, kept }) =>
    `power of ${site} fails at write ${atWrite}, ${kept ? 'behind' : 'before'} its commit`,
  perform: ({ site, ...plan }, { run }) => run.inside?.cutPower(site, plan),
} satisfies EventKind<typeof shape>;
