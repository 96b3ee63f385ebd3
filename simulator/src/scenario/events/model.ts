import { unpackModel } from '@tieline/inference';
import { messageOf, SiteId } from '@tieline/kernel';
import { z } from 'zod';
import { multiplyingModel } from '../../deployment/multiplying-model.ts';
import { signRelease } from '../../deployment/provision.ts';
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
  words: ({ site, times }) => `model of ${site}: ${times} times the import`,
  perform: async ({ site, times }, stage, atMs) => {
    const { control, provisioned, world } = stage.run;
    if (control === null) {
      stage.fail(atMs, 'no control plane runs to release a model');
      return;
    }
    try {
      const { trust, releaseKey } = provisioned;
      const packed = multiplyingModel(times);
      const { name, version } = unpackModel(packed).manifest;
      const nowS = Math.floor(world.wallMs() / 1_000);
      const release = signRelease(packed, { name, version }, trust, releaseKey, nowS);
      const { digest } = await control.pushModel(packed, release);
      await control.directModel(site, digest);
    } catch (thrown) {
      stage.fail(atMs, messageOf(thrown));
    }
  },
} satisfies EventKind<typeof shape>;
