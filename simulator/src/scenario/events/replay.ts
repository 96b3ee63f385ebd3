import { messageOf, SiteId } from '@tieline/kernel';
import { z } from 'zod';
import type { EventKind } from './event-kind.ts';

const shape = z
  .strictObject({
    site: SiteId,
    to: z.exactOptional(SiteId),
    what: z.enum(['command', 'policy']).default('command'),
  })
  .describe(
    'The first command to a site again as it was; `to`: on the topic of another site; `what`: its first policy.',
  );

export const replay = {
  shape,
  sites: ({ site, to }) => [
    { path: ['site'], site },
    ...(to === undefined ? [] : [{ path: ['to'], site: to }]),
  ],
  words: ({ site, to, what }) =>
    `replayed ${what} of ${site}${to === undefined ? '' : ` to ${to}`}`,
  perform: async ({ site, to, what }, stage, atMs) => {
    try {
      await stage.run.world.run(() =>
        what === 'policy' ? stage.intruder.replayPolicy(site) : stage.intruder.replay(site, to),
      );
    } catch (thrown) {
      stage.fail(atMs, messageOf(thrown));
    }
  },
} satisfies EventKind<typeof shape>;
