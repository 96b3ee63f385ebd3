import { SiteId } from '@tieline/kernel';
import { z } from 'zod';
import { clock } from '../clock.ts';
import { Duration, PowerKw } from '../values.ts';
import type { EventKind } from './event-kind.ts';
import { itsSite } from './of-a-site.ts';

const shape = z
  .strictObject({ site: SiteId, addKw: PowerKw, for: Duration })
  .describe('The site draws more for a while, on top of its profile; less, if negative.');

export const load = {
  shape,
  sites: itsSite,
  words: ({ site, addKw, for: lastsMs }) =>
    `load of ${site} ${addKw < 0 ? '' : '+'}${addKw} kW for ${clock(lastsMs)}`,
  disturbs: ({ site, addKw, for: lastsMs }, atMs) => ({
    loadSteps: [{ site, addKw, fromMs: atMs, toMs: atMs + lastsMs }],
  }),
} satisfies EventKind<typeof shape>;
