import { z } from 'zod';
import { Actions } from './action.ts';
import { defineMessage } from './define.ts';
import { bytes, bytesUpTo, CommandId, Sentence, SessionMs } from './fields.ts';

/** What the control plane may do alone, inside the automatic margin of the signed policy. */
export const Plan = defineMessage({
  kind: 'plan',
  bytesMax: 8_192,
  body: z.strictObject({ id: bytes(16), reason: Sentence, actions: Actions }),
});
export type Plan = z.output<typeof Plan.body>;

/** Why a command may be carried out: an order's exact signed bytes, or a plan. */
export const Basis = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('order'), order: bytesUpTo(8_192) }),
  z.strictObject({ type: z.literal('plan'), plan: bytesUpTo(8_192) }),
]);
export type Basis = z.output<typeof Basis>;

/** What one agent receives. `id` is derived from the basis and the site (`commandIdOf`). */
export const Command = defineMessage({
  kind: 'command',
  bytesMax: 16_384,
  body: z.strictObject({
    id: CommandId,
    /** On the agent's own session clock: no wall clock is needed. */
    notAfterSessionMs: SessionMs,
    actions: Actions,
    basis: Basis,
  }),
});
export type Command = z.output<typeof Command.body>;
