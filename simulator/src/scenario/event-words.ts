import { clock } from './clock.ts';
import type { ScenarioEvent } from './scenario-file.ts';

/** An event as a person reads it, and the site that it meets: null, where all. */
export interface EventWords {
  readonly atMs: number;
  readonly site: string | null;
  readonly what: string;
}

export function eventWords(event: ScenarioEvent): EventWords {
  const { at: atMs, order, cut, restore, link, kill, start, device, local, forge, replay } = event;
  const { load, cloud, policy, control, broker, clock: wallClock } = event;
  const said = (site: string | null, what: string): EventWords => ({ atMs, site, what });
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
  if (load !== undefined) {
    const { site, addKw, for: lastsMs } = load;
    const sign = addKw < 0 ? '' : '+';
    return said(site, `load of ${site} ${sign}${addKw} kW for ${clock(lastsMs)}`);
  }
  if (cloud !== undefined) {
    return said(null, `cloud: the sun gives ${cloud.share} of its own for ${clock(cloud.for)}`);
  }
  if (policy !== undefined) {
    const { site, ...changes } = policy;
    const parts = Object.entries(changes).map(([name, value]) => `${name} ${value}`);
    return said(site, `policy of ${site}: ${parts.join(', ')}`);
  }
  if (control !== undefined) {
    return said(null, `control plane ${control === 'stop' ? 'killed' : 'started'}`);
  }
  if (broker !== undefined) return said(null, 'broker restarted');
  if (wallClock !== undefined) {
    const { site, offsetMs } = wallClock;
    return said(site, `clock of ${site} ${offsetMs} ms off`);
  }
  if (forge !== undefined) return said(forge.site, `forged command to ${forge.site}`);
  const { site, to } = replay ?? { site: '' };
  return said(to ?? site, `replayed command of ${site}${to === undefined ? '' : ` to ${to}`}`);
}
