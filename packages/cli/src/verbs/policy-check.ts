import { EXIT } from '../exit.ts';
import { readPolicy } from '../input/policy-file.ts';
import type { policyCheck } from '../table/policy.ts';
import type { Verb } from '../table/spec.ts';
import { policyText } from '../text/policy-table.ts';
import { printJson } from '../text/print.ts';

export const run: Verb<typeof policyCheck> = async ({ operands, global, world }) => {
  const policy = await readPolicy(world, operands.file);
  if (global.json) printJson(world, { schema: 'tieline.policy/1', policy });
  else world.stdout.write(policyText(policy, undefined, world.stdout.colour));
  return EXIT.ok;
};
