import { clock } from './clock.ts';
import type { ScenarioEvent } from './scenario-file.ts';

/** An event as a person reads it, and the site that it meets. */
export interface EventWords {
  readonly atMs: number;
  readonly site: string;
  readonly what: string;
}

export function eventWords(event: ScenarioEvent): EventWords {
  const { at: atMs, order, cut, restore, link, kill, start, device, local, forge, replay } = event;
  const said = (site: string, what: string): EventWords => ({ atMs, site, what });
  if (order !== undefined) {
    const { name, site, asset, kw } = order;
    return said(site, `order ${name}: ${asset} of ${site} to ${kw} kW for ${clock(order.for)}`);
  }
  if (cut !== undefined) return said(cut, `link of ${cut} cut`);
  if (restore !== undefined) return said(restore, `link of ${restore} restored`);
  if (link !== undefined) {
    const { site, ...quality } = link;
    const parts = Object.entries(quality).map(([name, value]) => `${name} ${value}`);
    return said(site, `link of ${site}: ${parts.join(', ')}`);
  }
  if (kill !== undefined) return said(kill, `agent of ${kill} killed`);
  if (start !== undefined) return said(start, `agent of ${start} started`);
  if (device !== undefined) {
    const { site, asset, fault } = device;
    return said(site, `${asset} of ${site}: ${fault === 'none' ? 'no fault any more' : fault}`);
  }
  if (local !== undefined) {
    const { site, asset, on } = local;
    return said(site, `${asset} of ${site} ${on ? 'in local control' : 'in remote control'}`);
  }
  if (forge !== undefined) return said(forge.site, `forged command to ${forge.site}`);
  const { site, to } = replay ?? { site: '' };
  return said(to ?? site, `replayed command of ${site}${to === undefined ? '' : ` to ${to}`}`);
}
