import { z } from 'zod';
import { EXIT } from '../exit.ts';
import { Agent } from '../http/answers.ts';
import { ControlPlane } from '../http/control-plane.ts';
import type { agentLs } from '../table/agent.ts';
import type { Verb } from '../table/spec.ts';
import { AGENT_COLUMNS, agentRows } from '../text/agent.ts';
import { layoutTable } from '../text/layout.ts';
import { printJson } from '../text/print.ts';

export const run: Verb<typeof agentLs> = async ({ global, world }) => {
  const control = await ControlPlane.open(world, global);
  const answer = await control.get('/v1/agents', z.object({ agents: z.array(Agent) }));
  const agents = answer.agents.filter(({ site }) => site === (global.site ?? site));
  if (global.json) printJson(world, { schema: 'tieline.agents/1', agents });
  else {
    const rows = agentRows(agents, await control.wallMs());
    world.stdout.write(layoutTable(AGENT_COLUMNS, rows, world.stdout.colour));
  }
  return EXIT.ok;
};
