import { SiteId } from '@tieline/kernel';
import { z } from 'zod';
import { canHave, INJECTED_FAULTS } from '../../devices/injected-fault.ts';
import { Asset, Controlled } from '../values.ts';
import type { EventKind } from './event-kind.ts';
import { checkAsset, itsSite } from './of-a-site.ts';

const shape = z
  .strictObject({
    site: SiteId,
    asset: Asset,
    fault: z
      .enum(['none', 'forgets', ...INJECTED_FAULTS])
      .describe('forgets: it restarts without its setpoint, once; none: it is honest again.'),
  })
  .describe('A device misbehaves from now on, or no more.');

export const device = {
  shape,
  sites: itsSite,
  words: ({ site, asset, fault }) =>
    `${asset} of ${site}: ${fault === 'none' ? 'no fault any more' : fault}`,
  check: (given, sites) => {
    const { asset, fault } = given;
    const lacking = checkAsset(given, sites);
    const controlled = Controlled.safeParse(asset).success;
    const kind = asset === 'ev' ? 'flexible-load' : asset;
    const can = fault === 'none' || (fault === 'forgets' ? controlled : canHave(kind, fault));
    return lacking.length > 0 || can
      ? lacking
      : [{ path: ['fault'], reason: `a ${asset} has nothing that ${fault} could be in` }];
  },
  perform: ({ site, asset, fault }, stage) => {
    const model = stage.deviceOf(site, asset);
    if (fault === 'forgets') model.forget();
    else model.fault = fault === 'none' ? null : fault;
  },
} satisfies EventKind<typeof shape>;
