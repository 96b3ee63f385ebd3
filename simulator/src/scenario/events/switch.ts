import { z } from 'zod';
import { suggestion } from '../suggestion.ts';
import type { EventKind } from './event-kind.ts';
import { everySite } from './of-a-site.ts';

const shape = z
  .strictObject({
    branch: z.string().min(1).max(64).describe('Of the feeder, by its id: "21-8".'),
    closed: z.boolean(),
  })
  .describe('A branch is closed or opened. Sites that nothing feeds any more are dead.');

export const switching = {
  shape,
  sites: everySite,
  words: ({ branch, closed }) => `branch ${branch} ${closed ? 'closed' : 'opened'}`,
  check({ branch }, _, feeder) {
    const known = feeder?.branches.map(({ id }) => id) ?? [branch];
    if (known.includes(branch)) return [];
    const reason = `the feeder has no branch '${branch}'${suggestion(branch, known)}`;
    return [{ path: ['branch'], reason }];
  },
  disturbs: ({ branch, closed }, atMs) => ({ switchings: [{ branch, closed, atMs }] }),
} satisfies EventKind<typeof shape>;
