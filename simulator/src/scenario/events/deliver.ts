import { messageOf, SiteId } from '@tieline/kernel';
import type { EventKind } from './event-kind.ts';
import { itself } from './of-a-site.ts';

const shape = SiteId.describe('What was kept back from this site arrives, as it first was.');

export const deliver = {
  shape,
  sites: itself,
  words: (site) => `command to ${site} delivered late`,
  perform: async (site, stage, atMs) => {
    try {
      const { topic, payload } = stage.withholding.release(site);
      await stage.run.world.run(() => stage.intruder.publish(topic, payload));
    } catch (thrown) {
      stage.fail(atMs, messageOf(thrown));
    }
  },
} satisfies EventKind<typeof shape>;
