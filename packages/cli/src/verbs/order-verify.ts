import { EXIT } from '../exit.ts';
import { readOrderBytes, verifyOrder } from '../input/order-file.ts';
import { readTrust } from '../input/trust-file.ts';
import type { orderVerify } from '../table/order.ts';
import type { Verb } from '../table/spec.ts';
import { layoutFacts } from '../text/layout.ts';
import { orderFacts, orderJson, signerFacts } from '../text/order.ts';
import { printJson } from '../text/print.ts';

export const run: Verb<typeof orderVerify> = async ({ flags, operands, global, world }) => {
  const judge = await readTrust(world, global, flags.trust);
  const view = verifyOrder(operands.file, await readOrderBytes(world, operands.file), judge);
  if (global.json) printJson(world, orderJson(view));
  else {
    const facts = [...orderFacts(view), ...signerFacts(view)];
    world.stdout.write(layoutFacts(facts, world.stdout.colour));
  }
  return EXIT.ok;
};
