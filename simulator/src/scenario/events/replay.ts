import { messageOf, SiteId } from '@tieline/kernel';
import { z } from 'zod';
import type { EventKind } from './event-kind.ts';

const shape = z
  .strictObject({ site: SiteId, to: z.exactOptional(SiteId) })
  .describe('The last command to a site again as it was; `to`: on the topic of another site.');

export const replay = {
  shape,
  sites: ({ site, to }) => [
    { path: ['site'], site },
    ...(to === undefined ? [] : [{ path: ['to'], site: to }]),
  ],
  words: ({ site, to }) => `replayed command of ${site}${to === undefined ? '' : ` to ${to}`}`,
  perform: async ({ site, to }, stage, atMs) => {
    try {
      await stage.run.world.run(() => stage.intruder.replay(site, to));
    } catch (thrown) {
      stage.fail(atMs, messageOf(thrown));
    }
  },
} satisfies EventKind<typeof shape>;
