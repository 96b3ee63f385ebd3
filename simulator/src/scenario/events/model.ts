import { messageOf, SiteId } from '@tieline/kernel';
import { z } from 'zod';
import { multiplyingModel } from '../../deployment/multiplying-model.ts';
import type { EventKind } from './event-kind.ts';
import { itsSite } from './of-a-site.ts';

const shape = z
  .strictObject({
    site: SiteId,
    times: z.number().min(-1_000).max(1_000),
  })
  .describe(
    'A model that forecasts so many times the import of the last minute is released, and directed to this site.',
  );

export const model = {
  shape,
  sites: itsSite,
  onlyVirtual: () => 'no model is made while real processes run',
  words: ({ site, times }) => `model of ${site}: ${times} times the import`,
  perform: ({ site, times }, stage, atMs) => {
    try {
      const { inside } = stage.run;
      if (inside === null) throw new Error('no model is released here');
      inside.directModel(site, multiplyingModel(times));
    } catch (thrown) {
      stage.fail(atMs, messageOf(thrown));
    }
  },
} satisfies EventKind<typeof shape>;
