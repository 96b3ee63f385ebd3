import { SiteId } from '@tieline/kernel';
import type { EventKind } from './event-kind.ts';
import { itself } from './of-a-site.ts';

const shape = SiteId.describe('The link of this site is back.');

export const restore = {
  shape,
  sites: itself,
  words: (site) => `link of ${site} restored`,
  perform: (site, { run }) => run.network.restore(site),
} satisfies EventKind<typeof shape>;
