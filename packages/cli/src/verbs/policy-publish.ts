import { type Policy, sealPolicy } from '@tieline/protocol';
import { z } from 'zod';
import { EXIT, usageError } from '../exit.ts';
import { ControlPlane } from '../http/control-plane.ts';
import { assertAgreed } from '../input/agreement.ts';
import { openKey } from '../input/key-file.ts';
import { readPolicy } from '../input/policy-file.ts';
import { assertMaySign, readTrust } from '../input/trust-file.ts';
import type { policyPublish } from '../table/policy.ts';
import type { Verb } from '../table/spec.ts';
import { layoutFacts } from '../text/layout.ts';
import { changesOf } from '../text/policy-changes.ts';
import { printJson } from '../text/print.ts';
import { policyInForce } from './policy-show.ts';

export const run: Verb<typeof policyPublish> = async ({ flags, operands, global, world }) => {
  const policy = await readPolicy(world, operands.file);
  const judge = await readTrust(world, global, flags.trust);
  if (policy.deployment !== judge.trust.document.deployment) {
    throw usageError(`${operands.file} is for another deployment`, [
      ['policy', policy.deployment],
      ['trust', judge.trust.document.deployment],
    ]);
  }
  const control = await ControlPlane.open(world, global);
  const held = await policyInForce(control);
  assertNewer(policy, held);
  const key = await openKey(world, flags.key, flags['passphrase-file']);
  assertMaySign(judge, key.signer.kid, 'policy');
  if (!(global.quiet && global.yes)) {
    const facts = [
      ['signing as', key.principal] as const,
      ['version', `${held?.version ?? 'none'} → ${policy.version}`] as const,
      ...changesOf(held, policy),
    ];
    world.stderr.write(layoutFacts(facts, world.stderr.colour));
  }
  await assertAgreed(world, global, 'Sign and publish this policy?');
  const iat = Math.floor(judge.wallMs / 1_000);
  const bytes = sealPolicy(policy, judge.trust.anchor, [key], { iat });
  const body = { policy: Buffer.from(bytes).toString('base64') };
  await control.put('/v1/policy', body, z.unknown());
  if (global.json) {
    printJson(world, { schema: 'tieline.policy-published/1', version: policy.version });
  } else {
    const words = `version ${policy.version}; \`tieline agent ls\` shows who holds it`;
    world.stdout.write(layoutFacts([['published', words]], world.stdout.colour));
  }
  return EXIT.ok;
};

function assertNewer(policy: Policy, held: Policy | null): void {
  if (held === null || policy.version > held.version) return;
  throw usageError('The version must be above the one in force', [
    ['file', `version ${policy.version}`],
    ['in force', `version ${held.version}`],
  ]);
}
