import { z } from 'zod';
import type { EventKind } from './event-kind.ts';
import { everySite } from './of-a-site.ts';

const shape = z
  .enum(['stop', 'start'])
  .describe('The control plane ends without a word; it starts again on the disk it left.');

export const control = {
  shape,
  sites: everySite,
  words: (what) => `control plane ${what === 'stop' ? 'killed' : 'started'}`,
  perform: (what, { run }) => (what === 'stop' ? run.killControl() : run.startControl()),
} satisfies EventKind<typeof shape>;
