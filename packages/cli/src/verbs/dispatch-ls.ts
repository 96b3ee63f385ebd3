import { z } from 'zod';
import { EXIT } from '../exit.ts';
import { Command } from '../http/answers.ts';
import { ControlPlane, query } from '../http/control-plane.ts';
import { progressInWords, toneOf } from '../http/progress.ts';
import { parseCount } from '../input/quantities.ts';
import type { dispatchLs } from '../table/dispatch.ts';
import type { Verb } from '../table/spec.ts';
import { instant } from '../text/humane.ts';
import { jsonActionInWords } from '../text/json-action.ts';
import { layoutTable, SEVERITY } from '../text/layout.ts';
import { printJson } from '../text/print.ts';

const LIMIT = 20;
const LIMIT_MAX = 1_000;

export const run: Verb<typeof dispatchLs> = async ({ flags, global, world }) => {
  const limit =
    flags.limit === undefined ? LIMIT : parseCount('--limit', flags.limit, 1, LIMIT_MAX);
  const control = await ControlPlane.open(world, global);
  const path = query('/v1/commands', { site: global.site, state: flags.state, limit });
  const { commands } = await control.get(path, z.object({ commands: z.array(Command) }));
  if (global.json) {
    printJson(world, { schema: 'tieline.commands/1', commands });
    return EXIT.ok;
  }
  const worstFirst = commands.toSorted((a, b) => SEVERITY[toneOf(b)] - SEVERITY[toneOf(a)]);
  const rows = worstFirst.map((command) => ({
    cells: [
      instant(command.createdWallMs),
      command.site,
      command.id,
      progressInWords(command),
      command.actions.map(jsonActionInWords).join('; '),
    ],
    tone: toneOf(command),
  }));
  const columns = ['CREATED', 'SITE', 'COMMAND', 'STATE', 'ACTIONS'].map((header) => ({ header }));
  world.stdout.write(layoutTable(columns, rows, world.stdout.colour));
  return EXIT.ok;
};
