import { SiteId } from '@tieline/kernel';
import type { EventKind } from './event-kind.ts';
import { itself } from './of-a-site.ts';

const shape = SiteId.describe(
  'The broker keeps back the next command to this site, however often.',
);

export const withhold = {
  shape,
  sites: itself,
  words: (site) => `next command to ${site} kept back`,
  perform: (site, { withholding }) => withholding.begin(site),
} satisfies EventKind<typeof shape>;
