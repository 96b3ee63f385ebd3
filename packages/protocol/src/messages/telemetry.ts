import { z } from 'zod';
import { defineMessage } from './define.ts';
import { AssetId, ClockState, SessionMs, WallMs } from './fields.ts';

export const Quantity = z.enum([
  'active-power-kw',
  'reactive-power-kvar',
  'voltage-pu',
  'state-of-charge',
  'setpoint-kw',
  'forecast-import-kw',
]);
export type Quantity = z.output<typeof Quantity>;

/** One quantity of one asset on the batch's grid; null where nothing was measured. */
export const TelemetrySeries = z.strictObject({
  asset: AssetId,
  quantity: Quantity,
  values: z.array(z.number().nullable()).min(1).max(900),
});

/** A batch in columns: every series has a value for `startMs + k · stepMs`. */
export const Telemetry = defineMessage({
  kind: 'telemetry',
  bytesMax: 65_536,
  body: z
    .strictObject({
      startSessionMs: SessionMs,
      startWallMs: WallMs,
      clock: ClockState,
      stepMs: z.int().min(100).max(900_000),
      series: z.array(TelemetrySeries).min(1).max(64),
    })
    .refine(
      (batch) => batch.series.every((one) => one.values.length === batch.series[0]?.values.length),
      'every series of a batch has the same length',
    ),
});
export type Telemetry = z.output<typeof Telemetry.body>;
