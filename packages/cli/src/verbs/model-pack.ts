import { ModelError, type ModelPackage, packModel, unpackModel } from '@tieline/inference';
import { BLOCK_BYTES, KINDS, type Release, sealDocument, sha256 } from '@tieline/protocol';
import { EXIT, usageError } from '../exit.ts';
import { openKey } from '../input/key-file.ts';
import { assertMaySign, readTrust } from '../input/trust-file.ts';
import type { modelPack } from '../table/model.ts';
import type { GlobalFlags, Invocation, Verb } from '../table/spec.ts';
import { layoutFacts } from '../text/layout.ts';
import { printJson } from '../text/print.ts';
import type { World } from '../world.ts';

const PACKAGE_FILE_MODE = 0o644;

/** Where the release of a package stands: beside it. */
export function releasePath(packagePath: string): string {
  return `${packagePath}.release`;
}

export const run: Verb<typeof modelPack> = async ({ flags, operands, global, world }) => {
  const release = releasePath(flags.out);
  for (const path of [flags.out, ...(flags.key === undefined ? [] : [release])]) {
    if (await world.exists(path)) {
      throw usageError(`${path} exists already, and nothing is overwritten`);
    }
  }
  const { packed, model } = pack(operands.directory);
  const signed = await signRelease(world, global, flags, releaseOf(model, packed));
  await world.create(flags.out, [packed], PACKAGE_FILE_MODE);
  if (signed !== null) await world.create(release, [signed.bytes], PACKAGE_FILE_MODE);
  const { name, version } = model.manifest;
  const facts = {
    name,
    version,
    digest: model.digest,
    bytes: packed.length,
    file: flags.out,
    release: signed === null ? null : release,
    signedBy: signed === null ? null : signed.principal,
  };
  if (global.json) printJson(world, { schema: 'tieline.model-packed/1', ...facts });
  else {
    const rows: [string, string][] = [
      ['model', `${name} ${version}`],
      ['digest', model.digest],
      ['written', `${flags.out}, ${packed.length} bytes`],
    ];
    if (signed !== null) rows.push(['release', `${release}, signed by ${signed.principal}`]);
    world.stdout.write(layoutFacts(rows, world.stdout.colour));
  }
  return EXIT.ok;
};

function pack(directory: string): { packed: Uint8Array; model: ModelPackage } {
  try {
    const packed = packModel(directory);
    return { packed, model: unpackModel(packed) };
  } catch (thrown) {
    throw modelProblem(directory, thrown);
  }
}

/** What is wrong with a package is the caller's to put right; anything else is thrown on. */
export function modelProblem(path: string, thrown: unknown): unknown {
  if (!(thrown instanceof ModelError)) return thrown;
  const { code, place, ...facts } = thrown.failure;
  return usageError(`${path} is not a model package`, [
    ['finding', code.replaceAll('_', ' ')],
    ['place', place],
    ...Object.entries(facts).map(([name, fact]): [string, string] => [name, String(fact)]),
  ]);
}

/** What a release key vouches for: the whole package, and each block as it will travel. */
function releaseOf({ manifest }: ModelPackage, packed: Uint8Array): Release {
  const count = Math.ceil(packed.length / BLOCK_BYTES);
  return {
    name: manifest.name,
    version: manifest.version,
    digest: sha256(packed),
    bytes: packed.length,
    blocks: Array.from({ length: count }, (_, block) =>
      sha256(packed.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES)),
    ),
  };
}

async function signRelease(
  world: World,
  global: GlobalFlags,
  flags: Invocation<typeof modelPack>['flags'],
  release: Release,
): Promise<{ bytes: Uint8Array; principal: string } | null> {
  if (flags.key === undefined) return null;
  const judge = await readTrust(world, global, flags.trust);
  const key = await openKey(world, flags.key, flags['passphrase-file']);
  assertMaySign(judge, key.signer.kid, 'release');
  const iat = Math.floor(judge.wallMs / 1_000);
  const bytes = sealDocument(KINDS.release, release, judge.trust.anchor, [key], { iat });
  return { bytes, principal: key.principal };
}
