import { messageOf, SiteId } from '@tieline/kernel';
import { z } from 'zod';
import { Impostor, TRIES } from '../../deployment/impostor.ts';
import { PowerKw } from '../values.ts';
import type { EventKind } from './event-kind.ts';
import { itsSite } from './of-a-site.ts';

const shape = z
  .strictObject({
    site: SiteId,
    how: z
      .enum(['one-bit', ...TRIES])
      .default('one-bit')
      .describe(
        'one-bit: the first command again, with one bit changed; own-signature: a command in the name of the control plane, signed by nobody; the others with its stolen key.',
      ),
    times: z
      .int()
      .min(1)
      .max(100_000)
      .default(1)
      .describe('Of one-bit: how many, as fast as the link takes them.'),
    kw: PowerKw.default(60).describe('What a command of their own asks of the battery.'),
  })
  .describe('Somebody commands who may not, after a first command to the site was overheard.');

export const forge = {
  shape,
  sites: itsSite,
  words: ({ site, how, times }) =>
    times === 1
      ? `forged command to ${site}: ${how}`
      : `${times} forged commands to ${site}: ${how}`,
  perform: async ({ site, how, kw, times }, stage, atMs) => {
    const { run, simulated, intruder, ids } = stage;
    try {
      if (how === 'one-bit') {
        await run.world.run(() => intruder.forge(site, times));
        return;
      }
      const nowS = Math.floor(run.world.wallMs() / 1_000);
      const { provisioned } = run;
      const impostor = new Impostor({ provisioned, simulated, random: ids, nowS });
      const { payload: overheard } = intruder.overheard(site);
      const { topic, payload } = impostor.command(site, how, kw, overheard);
      await run.world.run(() => intruder.publish(topic, payload));
    } catch (thrown) {
      stage.fail(atMs, messageOf(thrown));
    }
  },
} satisfies EventKind<typeof shape>;
