import { z } from 'zod';
import { clock } from '../clock.ts';
import { PerKwh } from '../given-tariff.ts';
import { Duration } from '../values.ts';
import type { EventKind } from './event-kind.ts';
import { everySite } from './of-a-site.ts';

const shape = z
  .strictObject({
    importPerKwh: z.exactOptional(PerKwh),
    exportPerKwh: z.exactOptional(PerKwh),
    for: Duration,
  })
  .refine(
    ({ importPerKwh, exportPerKwh }) => importPerKwh !== undefined || exportPerKwh !== undefined,
    'neither importPerKwh nor exportPerKwh',
  )
  .describe('Energy costs or earns something else for a while, for everybody. Takes a tariff.');

/** It moves no power: the tariff has it from the beginning. */
export const price = {
  shape,
  sites: everySite,
  words: ({ importPerKwh, exportPerKwh, for: lastsMs }) => {
    const drawn = importPerKwh === undefined ? [] : [`drawn energy costs ${importPerKwh}`];
    const fed = exportPerKwh === undefined ? [] : [`energy fed in earns ${exportPerKwh}`];
    return `price: ${[...drawn, ...fed].join(', ')} per kWh for ${clock(lastsMs)}`;
  },
} satisfies EventKind<typeof shape>;
