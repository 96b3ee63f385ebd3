import { SiteId } from '@tieline/kernel';
import { z } from 'zod';
import { Asset } from '../values.ts';
import type { EventKind } from './event-kind.ts';
import { checkAsset, itsSite } from './of-a-site.ts';

const shape = z
  .strictObject({
    site: SiteId,
    asset: Asset,
    fault: z
      .enum([
        'none',
        'silent',
        'refuses',
        'other-setpoint',
        'lying-timer',
        'watts',
        'gives-nothing',
        'forgets',
      ])
      .describe(
        'other-setpoint: keeps half of a setpoint; lying-timer: its reversion never runs; watts: tells them for kilowatts; gives-nothing: keeps its setpoint all the same; forgets: restarts, once.',
      ),
  })
  .describe('A device misbehaves from now on, or no more.');

export const device = {
  shape,
  sites: itsSite,
  words: ({ site, asset, fault }) =>
    `${asset} of ${site}: ${fault === 'none' ? 'no fault any more' : fault}`,
  check: checkAsset,
  perform: ({ site, asset, fault }, stage) => {
    const model = stage.deviceOf(site, asset);
    if (fault === 'forgets') model.forget();
    else model.fault = fault === 'none' ? null : fault;
  },
} satisfies EventKind<typeof shape>;
