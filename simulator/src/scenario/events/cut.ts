import { SiteId } from '@tieline/kernel';
import type { EventKind } from './event-kind.ts';
import { itself } from './of-a-site.ts';

const shape = SiteId.describe('Nothing passes the link of this site any more.');

export const cut = {
  shape,
  sites: itself,
  words: (site) => `link of ${site} cut`,
  perform: (site, { run }) => run.network.cut(site),
} satisfies EventKind<typeof shape>;
