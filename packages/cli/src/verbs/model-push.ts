import { PACKAGE_BYTES_MAX, unpackModel } from '@tieline/inference';
import { z } from 'zod';
import { EXIT } from '../exit.ts';
import { ControlPlane } from '../http/control-plane.ts';
import { readEnvelope } from '../input/envelope-file.ts';
import type { modelPush } from '../table/model.ts';
import type { Verb } from '../table/spec.ts';
import { layoutFacts } from '../text/layout.ts';
import { printJson } from '../text/print.ts';
import { modelProblem, releasePath } from './model-pack.ts';

export const run: Verb<typeof modelPush> = async ({ operands, global, world }) => {
  const packed = await world.read(operands.file, PACKAGE_BYTES_MAX);
  const release = await readEnvelope(world, releasePath(operands.file));
  const { digest, manifest } = checked(operands.file, packed);
  const control = await ControlPlane.open(world, global);
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const body = { package: base64(packed), release: base64(release) };
  await control.post('/v1/models', body, z.unknown());
  const site = global.site ?? null;
  if (site !== null) {
    const path = `/v1/sites/${encodeURIComponent(site)}/model`;
    await control.put(path, { digest: digest.replace(/^sha256:/, '') }, z.unknown());
  }
  if (global.json) {
    printJson(world, { schema: 'tieline.model-pushed/1', digest, site });
    return EXIT.ok;
  }
  const rows: [string, string][] = [
    ['pushed', `${manifest.name} ${manifest.version}`],
    ['digest', digest],
  ];
  if (site !== null)
    rows.push(['desired', `at ${site}; \`tieline model status\` says when it runs`]);
  world.stdout.write(layoutFacts(rows, world.stdout.colour));
  return EXIT.ok;
};

function checked(path: string, packed: Uint8Array): ReturnType<typeof unpackModel> {
  try {
    return unpackModel(packed);
  } catch (thrown) {
    throw modelProblem(path, thrown);
  }
}
