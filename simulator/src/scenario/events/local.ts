import { SiteId } from '@tieline/kernel';
import { z } from 'zod';
import { Controlled } from '../values.ts';
import type { EventKind } from './event-kind.ts';
import { checkAsset, itsSite } from './of-a-site.ts';

const shape = z
  .strictObject({ site: SiteId, asset: Controlled, on: z.boolean() })
  .describe('Somebody turns the key at the device.');

export const local = {
  shape,
  sites: itsSite,
  words: ({ site, asset, on }) =>
    `${asset} of ${site} ${on ? 'in local control' : 'in remote control'}`,
  check: checkAsset,
  perform: ({ site, asset, on }, stage) => stage.deviceOf(site, asset).setLocal(on),
} satisfies EventKind<typeof shape>;
