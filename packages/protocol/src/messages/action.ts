import { z } from 'zod';
import { AssetId, CommandId, DurationMs, Fraction, MagnitudeKw, PowerKw } from './fields.ts';

/**
 * What holds once an action has ended: the local rule, or a value that then needs no further command. The value is
 * part of what people sign, and has no end of its own: it holds until another command has moved the asset and ended,
 * the asset is taken into local control, people order the site to act automatically, or the agent starts anew.
 */
export const Revert = z.discriminatedUnion('to', [
  z.strictObject({ to: z.literal('local') }),
  z.strictObject({ to: z.literal('value'), activePowerKw: PowerKw }),
]);
export type Revert = z.output<typeof Revert>;

const timing = {
  /** The agent starts after a random part of this window, drawn by itself; 0 starts at once. */
  startWithinMs: z.int().min(0).max(3_600_000),
  /** Counted from the start. */
  validForMs: DurationMs,
};

/**
 * Orders the active power of one asset. `activePowerKw`: kW, positive into the grid; for PV it is the most that it
 * may give, for a flexible load the most that it may draw, which is negative.
 */
export const Setpoint = z.strictObject({
  type: z.literal('setpoint'),
  asset: AssetId,
  activePowerKw: PowerKw,
  reactivePowerKvar: z.exactOptional(PowerKw),
  /** Slope towards the setpoint and away from it, kW per second. */
  rampKwPerS: MagnitudeKw.min(0.001),
  rampOutKwPerS: MagnitudeKw.min(0.001),
  ...timing,
  revert: Revert,
  /** Between actions of the same rank the higher one wins. */
  priority: z.int().min(0).max(9),
  supersedes: z.exactOptional(CommandId),
});
export type Setpoint = z.output<typeof Setpoint>;

/** Bounds import and export at a point: the site meter, or one asset's terminal. */
export const Limit = z.strictObject({
  type: z.literal('limit'),
  point: AssetId,
  importMaxKw: MagnitudeKw,
  exportMaxKw: MagnitudeKw,
  ...timing,
});
export type Limit = z.output<typeof Limit>;

/** Brings a battery to a state of charge by the end of `validForMs`, with at most `powerMaxKw`. */
export const ChargeTarget = z.strictObject({
  type: z.literal('charge-target'),
  asset: AssetId,
  stateOfCharge: Fraction,
  powerMaxKw: MagnitudeKw.min(0.001),
  ...timing,
});
export type ChargeTarget = z.output<typeof ChargeTarget>;

/** `automatic`: the local rule and model act. `idle`: every store is brought to 0 kW and held there. */
export const Mode = z.strictObject({
  type: z.literal('mode'),
  mode: z.enum(['automatic', 'idle']),
  ...timing,
});
export type Mode = z.output<typeof Mode>;

/** Opens or closes a switch. Always part of a critical order. */
export const Switch = z.strictObject({
  type: z.literal('switch'),
  asset: AssetId,
  position: z.enum(['open', 'closed']),
  ...timing,
});

export const Tap = z.strictObject({
  type: z.literal('tap'),
  asset: AssetId,
  position: z.int().min(-64).max(64),
  ...timing,
});

/** Ends an earlier command's actions now, with their own ramps and reversions. */
export const Cede = z.strictObject({ type: z.literal('cede'), command: CommandId });

export const Action = z.discriminatedUnion('type', [
  Setpoint,
  Limit,
  ChargeTarget,
  Mode,
  Switch,
  Tap,
  Cede,
]);
export type Action = z.output<typeof Action>;

export const Actions = z.array(Action).min(1).max(32);
