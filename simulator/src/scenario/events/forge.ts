import { messageOf, SiteId } from '@tieline/kernel';
import { z } from 'zod';
import type { EventKind } from './event-kind.ts';
import { itsSite } from './of-a-site.ts';

const shape = z
  .strictObject({ site: SiteId })
  .describe('The last command to a site again, with one bit changed.');

export const forge = {
  shape,
  sites: itsSite,
  words: ({ site }) => `forged command to ${site}`,
  perform: async ({ site }, stage, atMs) => {
    try {
      await stage.run.world.run(() => stage.intruder.forge(site));
    } catch (thrown) {
      stage.fail(atMs, messageOf(thrown));
    }
  },
} satisfies EventKind<typeof shape>;
