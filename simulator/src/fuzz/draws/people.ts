import { constantFrom, integer, option, record } from 'fast-check';
import { clock } from '../../scenario/clock.ts';
import type { Draw } from '../episode.ts';
import { has } from './devices.ts';

/** Beyond what policies allow, too: a refusal is an answer. */
export const order: Draw = record({
  asset: constantFrom('battery', 'pv', 'ev'),
  share: integer({ min: -12, max: 12 }),
  rampKwPerS: option(integer({ min: 2, max: 50 })),
}).map(({ asset, share, rampKwPerS }) => (occasion) => {
  const { index, site, size, fromMs, toMs } = occasion;
  if (!has(occasion, asset)) return null;
  const [ratedKw, part] = {
    battery: [size.battery?.powerKw ?? 0, share] as const,
    pv: [size.pvPeakKw ?? 0, Math.abs(share)] as const,
    ev: [(size.ev?.chargers ?? 0) * (size.ev?.powerKw ?? 0), -Math.abs(share)] as const,
  }[asset];
  const kw = Math.round((ratedKw * part) / 10);
  const ramp = rampKwPerS === null ? {} : { rampKwPerS };
  const given = { name: `order-${index}`, site, asset, kw, for: clock(toMs - fromMs), ...ramp };
  return { events: [{ atMs: fromMs, event: { order: given } }] };
});

/** The limits that hold before and after: those that follow from the sizes. */
export const policy: Draw = record({
  key: constantFrom('quarterHourImportMaxKw', 'importMaxKw', 'exportMaxKw'),
  percent: integer({ min: 0, max: 150 }),
}).map(({ key, percent }) => ({ site, size, fromMs, toMs }) => {
  const usual = {
    quarterHourImportMaxKw: size.quarterHourImportMaxKw,
    importMaxKw: Math.round(size.loadPeakKw * 1.4),
    exportMaxKw: Math.round(size.pvPeakKw + (size.battery?.powerKw ?? 0)),
  };
  const name = key as keyof typeof usual;
  const changed = Math.round((usual[name] * percent) / 100);
  return {
    events: [
      { atMs: fromMs, event: { policy: { site, [name]: changed } } },
      { atMs: toMs, event: { policy: { site, [name]: usual[name] } } },
    ],
    // It is the control plane that publishes both.
    claims: [fromMs, toMs].map((atMs) => ({ what: 'control plane', fromMs: atMs, toMs: atMs })),
  };
});

/** A model whose forecast is nonsense, and then one that is none. */
export const model: Draw = integer({ min: -1_000, max: 1_000 }).map((times) => (occasion) => {
  const { site, fromMs, toMs } = occasion;
  return {
    events: [
      { atMs: fromMs, event: { model: { site, times } } },
      { atMs: toMs, event: { model: { site, times: 1 } } },
    ],
    // It is the control plane that releases both.
    claims: [fromMs, toMs].map((atMs) => ({ what: 'control plane', fromMs: atMs, toMs: atMs })),
  };
});
