import { z } from 'zod';
import { EXIT } from '../exit.ts';
import { ControlPlane } from '../http/control-plane.ts';
import { progressError } from '../http/progress.ts';
import { watchCommands } from '../http/watch.ts';
import { readOrder, readOrderBytes } from '../input/order-file.ts';
import type { dispatchSend } from '../table/dispatch.ts';
import type { Verb } from '../table/spec.ts';
import { layoutFacts } from '../text/layout.ts';
import { printJson } from '../text/print.ts';
import { progressTeller } from '../text/progress.ts';

const Dispatched = z.looseObject({
  order: z.string(),
  commands: z.array(z.looseObject({ id: z.string(), site: z.string(), state: z.string() })).min(1),
});

export const run: Verb<typeof dispatchSend> = async ({ flags, operands, global, world }) => {
  const bytes = await readOrderBytes(world, operands.file);
  // Bytes that are no order at all need not travel to be refused.
  readOrder(operands.file, bytes);
  const control = await ControlPlane.open(world, global);
  const body = { order: Buffer.from(bytes).toString('base64') };
  const { order, commands } = await control.post('/v1/orders', body, Dispatched);
  if (global.json) printJson(world, { schema: 'tieline.dispatched/1', order, commands });
  else {
    const facts = [
      ['order', order] as const,
      ...commands.map(({ id, site, state }) => [site, `command ${id}, ${state}`] as const),
    ];
    world.stdout.write(layoutFacts(facts, world.stdout.colour));
  }
  if (!flags.watch) {
    if (!global.quiet) {
      const next = `tieline dispatch get ${commands[0]?.id ?? ''} --watch`;
      world.stderr.write(`Handed over; nothing is confirmed yet.  next  ${next}\n`);
    }
    return EXIT.ok;
  }
  const clock = await world.clock(control.context.clock);
  const tell = progressTeller(world, global, () => clock.wallMs());
  const ids = commands.map(({ id }) => id);
  const states = await watchCommands(control, world, ids, global.timeoutMs, tell);
  const error = progressError(states);
  if (error !== null) throw error;
  return EXIT.ok;
};
