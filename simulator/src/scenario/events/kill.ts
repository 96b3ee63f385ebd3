import { SiteId } from '@tieline/kernel';
import type { EventKind } from './event-kind.ts';
import { itself } from './of-a-site.ts';

const shape = SiteId.describe('The agent of this site ends without a word.');

export const kill = {
  shape,
  sites: itself,
  words: (site) => `agent of ${site} killed`,
  perform: (site, { run }) => run.kill(site),
} satisfies EventKind<typeof shape>;
