import { messageOf, SiteId } from '@tieline/kernel';
import { z } from 'zod';
import { signPolicy } from '../../deployment/provision.ts';
import { MagnitudeKw } from '../values.ts';
import type { EventKind } from './event-kind.ts';
import { itsSite } from './of-a-site.ts';

const shape = z
  .strictObject({
    site: SiteId,
    quarterHourImportMaxKw: z.exactOptional(MagnitudeKw),
    importMaxKw: z.exactOptional(MagnitudeKw),
    exportMaxKw: z.exactOptional(MagnitudeKw),
  })
  .describe('The policy board signs the next version with these changes; it is published.');

export const policy = {
  shape,
  sites: itsSite,
  words: ({ site, ...changes }) => {
    const parts = Object.entries(changes).map(([name, value]) => `${name} ${value}`);
    return `policy of ${site}: ${parts.join(', ')}`;
  },
  perform: async ({ site, ...changes }, stage, atMs) => {
    const { policy: present, run } = stage;
    const { control, provisioned, world } = run;
    if (control === null) {
      stage.fail(atMs, 'no control plane runs to publish a policy');
      return;
    }
    const next = {
      ...present,
      version: present.version + 1,
      issuedAt: Math.floor(world.wallMs() / 1_000),
      sites: present.sites.map((one) => (one.site === site ? { ...one, ...changes } : one)),
    };
    try {
      await control.acceptPolicy(signPolicy(next, provisioned.trust, provisioned.policyKey));
      stage.policy = next;
    } catch (thrown) {
      stage.fail(atMs, messageOf(thrown));
    }
  },
} satisfies EventKind<typeof shape>;
