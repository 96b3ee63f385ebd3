import { SiteId } from '@tieline/kernel';
import type { EventKind } from './event-kind.ts';
import { itself } from './of-a-site.ts';

const shape = SiteId.describe('The agent of this site starts on the disk it left.');

export const start = {
  shape,
  sites: itself,
  words: (site) => `agent of ${site} started`,
  perform: (site, stage, atMs) => {
    if (!stage.run.hasAgent(site)) return stage.run.start(site);
    stage.fail(atMs, `the agent of ${site} runs still: its power has not failed`);
    return undefined;
  },
} satisfies EventKind<typeof shape>;
