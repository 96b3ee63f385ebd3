import { SiteId } from '@tieline/kernel';
import { z } from 'zod';
import { Fraction } from '../values.ts';
import type { EventKind } from './event-kind.ts';
import { itsSite } from './of-a-site.ts';

const shape = z
  .strictObject({
    site: SiteId,
    delayMs: z.exactOptional(z.number().min(0).max(60_000)),
    jitterMs: z.exactOptional(z.number().min(0).max(60_000)),
    lossRate: z.exactOptional(Fraction),
    duplicateRate: z.exactOptional(Fraction),
    reorderRate: z.exactOptional(Fraction),
  })
  .describe('How the link of a site treats messages from now on.');

export const link = {
  shape,
  sites: itsSite,
  onlyVirtual: ({ lossRate = 0, duplicateRate = 0, reorderRate = 0 }) =>
    lossRate > 0 || duplicateRate > 0 || reorderRate > 0
      ? 'a live link is TCP, which loses, doubles and turns round no message: delayMs, jitterMs, or cut'
      : null,
  words: ({ site, ...quality }) => {
    const parts = Object.entries(quality).map(([name, value]) => `${name} ${value}`);
    return `link of ${site}: ${parts.join(', ')}`;
  },
  perform: ({ site, ...quality }, { run }) => run.network.setQuality(site, quality),
} satisfies EventKind<typeof shape>;
