import { EXIT } from '../exit.ts';
import { readOrder, readOrderBytes } from '../input/order-file.ts';
import type { orderShow } from '../table/order.ts';
import type { Verb } from '../table/spec.ts';
import { layoutFacts } from '../text/layout.ts';
import { orderFacts, orderJson, signerFacts } from '../text/order.ts';
import { printJson } from '../text/print.ts';

export const run: Verb<typeof orderShow> = async ({ operands, global, world }) => {
  const view = readOrder(operands.file, await readOrderBytes(world, operands.file));
  if (global.json) printJson(world, orderJson(view));
  else {
    const facts = [...orderFacts(view), ...signerFacts(view)];
    world.stdout.write(layoutFacts(facts, world.stdout.colour));
  }
  return EXIT.ok;
};
