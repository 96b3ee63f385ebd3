import { z } from 'zod';
import { EXIT } from '../exit.ts';
import { Model } from '../http/answers.ts';
import { ControlPlane } from '../http/control-plane.ts';
import type { modelLs } from '../table/model.ts';
import type { Verb } from '../table/spec.ts';
import { instant } from '../text/humane.ts';
import { layoutTable } from '../text/layout.ts';
import { printJson } from '../text/print.ts';

export const run: Verb<typeof modelLs> = async ({ global, world }) => {
  const control = await ControlPlane.open(world, global);
  const { models } = await control.get('/v1/models', z.object({ models: z.array(Model) }));
  if (global.json) printJson(world, { schema: 'tieline.models/1', models });
  else {
    const rows = models.map(({ name, version, digest, bytes, pushedWallMs }) => ({
      cells: [name, version, digest, `${bytes}`, instant(pushedWallMs)],
    }));
    const columns = [
      { header: 'NAME' },
      { header: 'VERSION' },
      { header: 'DIGEST sha256' },
      { header: 'SIZE bytes', align: 'right' as const },
      { header: 'PUSHED' },
    ];
    world.stdout.write(layoutTable(columns, rows, world.stdout.colour));
  }
  return EXIT.ok;
};
