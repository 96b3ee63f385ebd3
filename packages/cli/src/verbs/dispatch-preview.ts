import { fromHex } from '@tieline/kernel';
import { jsonable } from '@tieline/protocol';
import { CliError, EXIT, usageError } from '../exit.ts';
import { Preview } from '../http/answers.ts';
import { ControlPlane } from '../http/control-plane.ts';
import { type Draft, draftJson, readDraft } from '../input/draft.ts';
import type { dispatchPreview } from '../table/dispatch.ts';
import type { Verb } from '../table/spec.ts';
import { previewText } from '../text/preview.ts';
import { printJson } from '../text/print.ts';
import type { World } from '../world.ts';

const DRAFT_FILE_MODE = 0o644;

export const run: Verb<typeof dispatchPreview> = async ({ flags, global, world }) => {
  if (flags.out !== undefined && (await world.exists(flags.out))) {
    throw usageError(`${flags.out} exists already, and nothing is overwritten`);
  }
  const control = await ControlPlane.open(world, global);
  const nowMs = await control.wallMs();
  const draft = await readDraft(world, flags, global.site, nowMs);
  const preview = await control.post('/v1/dispatch/preview', requestOf(draft), Preview);
  if (global.json) printJson(world, preview);
  else world.stdout.write(previewText(preview, nowMs, world.stdout.colour));
  const violations = preview.sites.flatMap(({ site, violations }) =>
    violations.map(({ code }): [string, string] => [site, code.replaceAll('_', ' ')]),
  );
  if (violations.length > 0) {
    throw new CliError(EXIT.refused, {
      code: 'preview_violates',
      what: 'The policy in force would refuse this order',
      facts: violations,
    });
  }
  if (flags.out !== undefined) {
    await writeDraft(world, flags.out, draft, preview);
    if (!global.quiet) world.stderr.write(`✓ ${flags.out} written, naming this preview\n`);
  }
  return EXIT.ok;
};

/** The API takes instants as Unix seconds, and knows nothing of sessions before the order is signed. */
function requestOf(draft: Draft): unknown {
  const seconds = (text: string): number => Math.floor(Date.parse(text) / 1_000);
  return {
    class: draft.class,
    reason: draft.reason,
    ...(draft.notBefore !== undefined && { notBefore: seconds(draft.notBefore) }),
    ...(draft.notAfter !== undefined && { notAfter: seconds(draft.notAfter) }),
    targets: draft.targets.map(({ site, actions, assumes }) => ({
      site,
      actions: jsonable(actions),
      assumes: jsonable(assumes),
    })),
  };
}

async function writeDraft(
  world: World,
  path: string,
  draft: Draft,
  { digest, policyVersion }: Preview,
): Promise<void> {
  const preview = fromHex(digest);
  if (preview === null) throw new Error('invariant broken: the shape of an answer asks for hex');
  const policyVersionMin = Math.max(draft.policyVersionMin, policyVersion);
  const text = draftJson({ ...draft, preview, policyVersionMin });
  await world.create(path, [new TextEncoder().encode(text)], DRAFT_FILE_MODE);
}
