import { constantFrom, record } from 'fast-check';
import { canHave, INJECTED_FAULTS, type InjectedFault } from '../../devices/injected-fault.ts';
import { Controlled } from '../../scenario/values.ts';
import type { Draw, Occasion } from '../episode.ts';

/** What a device was told before its timer lied runs out within this time of an honest one. */
const TOLD_ANEW_MS = 120_000;

const LYING: readonly InjectedFault[] = ['lying-timer', 'frozen-timer'];

export const device: Draw = record({
  fault: constantFrom('forgets', ...INJECTED_FAULTS),
  asset: constantFrom('battery', 'pv', 'ev', 'meter', 'load'),
}).map(({ fault, asset }) => (occasion) => {
  const { site, fromMs, toMs } = occasion;
  const can =
    fault === 'forgets'
      ? Controlled.safeParse(asset).success
      : canHave(asset === 'ev' ? 'flexible-load' : asset, fault);
  if (!can || !has(occasion, asset)) return null;
  const begin = { atMs: fromMs, event: { device: { site, asset, fault } } };
  if (fault === 'forgets') return { events: [begin] };
  const end = { atMs: toMs, event: { device: { site, asset, fault: 'none' } } };
  const claims = [{ what: `${asset} of ${site}`, fromMs, toMs }];
  if (!LYING.includes(fault)) return { events: [begin, end], claims };
  // Its setpoint outlives its agent, as `lying-timer.must-fail` shows: that would be found again and again.
  claims.push({ what: `agent of ${site}`, fromMs, toMs: toMs + TOLD_ANEW_MS });
  return { events: [begin, end], claims };
});

export const local: Draw = constantFrom('battery', 'pv', 'ev').map((asset) => (occasion) => {
  const { site, fromMs, toMs } = occasion;
  if (!has(occasion, asset)) return null;
  return {
    events: [
      { atMs: fromMs, event: { local: { site, asset, on: true } } },
      { atMs: toMs, event: { local: { site, asset, on: false } } },
    ],
  };
});

/** Whether the site has what the episode is about. */
export function has({ size }: Occasion, asset: string): boolean {
  if (asset === 'battery') return size.battery !== undefined;
  if (asset === 'ev') return size.ev?.steered === true;
  return asset !== 'pv' || size.pvPeakKw > 0;
}
