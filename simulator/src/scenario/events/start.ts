import { SiteId } from '@tieline/kernel';
import type { EventKind } from './event-kind.ts';
import { itself } from './of-a-site.ts';

const shape = SiteId.describe('The agent of this site starts on the disk it left.');

export const start = {
  shape,
  sites: itself,
  words: (site) => `agent of ${site} started`,
  perform: (site, { run }) => run.start(site),
} satisfies EventKind<typeof shape>;
