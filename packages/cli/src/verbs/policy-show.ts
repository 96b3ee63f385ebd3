import { decodePolicy, type Policy } from '@tieline/protocol';
import { CliError, EXIT } from '../exit.ts';
import { PolicyAnswer } from '../http/answers.ts';
import { ControlPlane } from '../http/control-plane.ts';
import type { policyShow } from '../table/policy.ts';
import type { Verb } from '../table/spec.ts';
import { policyText } from '../text/policy-table.ts';
import { printJson } from '../text/print.ts';

export const run: Verb<typeof policyShow> = async ({ global, world }) => {
  const control = await ControlPlane.open(world, global);
  const policy = await policyInForce(control);
  if (policy === null) {
    throw new CliError(EXIT.failed, {
      code: 'policy_missing',
      what: 'No policy is in force: agents act within nothing but their ratings',
      next: 'tieline policy publish policy.json --key policy.key',
    });
  }
  if (global.json) printJson(world, { schema: 'tieline.policy/1', policy });
  else world.stdout.write(policyText(policy, global.site, world.stdout.colour));
  return EXIT.ok;
};

/** The policy as it was signed, decoded here; null where there is none yet. */
export async function policyInForce(control: ControlPlane): Promise<Policy | null> {
  try {
    const { document } = await control.get('/v1/policy', PolicyAnswer);
    return decodePolicy(new Uint8Array(Buffer.from(document, 'base64')));
  } catch (thrown) {
    if (thrown instanceof CliError && thrown.problem.code === 'policy_missing') return null;
    throw thrown;
  }
}
