import { z } from 'zod';
import type { EventKind } from './event-kind.ts';
import { everySite } from './of-a-site.ts';

const shape = z
  .literal('restart')
  .describe('Every connection is reset at once, and what the broker retained is lost.');

export const broker = {
  shape,
  sites: everySite,
  words: () => 'broker restarted',
  perform: (_, { run }) => run.network.restartBroker(),
} satisfies EventKind<typeof shape>;
