import type { z } from 'zod';
import type { Complaint } from '../complaint.ts';
import type { Asset } from '../values.ts';
import type { EventKind, KnownSites } from './event-kind.ts';

type Named = ReturnType<EventKind<z.ZodType>['sites']>;

/** Of an event that is nothing but the name of a site. */
export function itself(site: string): Named {
  return [{ path: [], site }];
}

export function itsSite({ site }: { readonly site: string }): Named {
  return [{ path: ['site'], site }];
}

export function everySite(): Named {
  return [];
}

/** The site must have what the event speaks of. */
export function checkAsset(
  { site, asset }: { readonly site: string; readonly asset: z.output<typeof Asset> },
  sites: KnownSites,
): readonly Complaint[] {
  const lacking =
    (asset === 'pv' && sites[site]?.pvPeakKw === 0 && 'PV') ||
    (asset === 'battery' && sites[site]?.battery === undefined && 'battery') ||
    (asset === 'ev' && sites[site]?.ev?.steered !== true && 'cars that are steered');
  return lacking ? [{ path: ['asset'], reason: `${site} has no ${lacking}` }] : [];
}
