import { z } from 'zod';
import { EXIT } from '../exit.ts';
import { ModelStatus } from '../http/answers.ts';
import { ControlPlane } from '../http/control-plane.ts';
import type { modelStatus } from '../table/model.ts';
import type { Verb } from '../table/spec.ts';
import { modelName } from '../text/agent.ts';
import { layoutTable, SEVERITY } from '../text/layout.ts';
import { printJson } from '../text/print.ts';

export const run: Verb<typeof modelStatus> = async ({ global, world }) => {
  const control = await ControlPlane.open(world, global);
  const shape = z.object({ sites: z.array(ModelStatus) });
  const answer = await control.get('/v1/models/status', shape);
  const sites = answer.sites.filter(({ site }) => site === (global.site ?? site));
  if (global.json) {
    printJson(world, { schema: 'tieline.model-status/1', sites });
    return EXIT.ok;
  }
  const rows = sites
    .map(({ site, desired, running, settled }) => {
      const tone = settled ? ('normal' as const) : ('warning' as const);
      const note = settled ? '' : 'not what was asked';
      return { cells: [site, modelName(desired), modelName(running), note], tone };
    })
    .toSorted((a, b) => SEVERITY[b.tone] - SEVERITY[a.tone]);
  const columns = ['SITE', 'ASKED FOR', 'REPORTED RUNNING', ''].map((header) => ({ header }));
  world.stdout.write(layoutTable(columns, rows, world.stdout.colour));
  return EXIT.ok;
};
