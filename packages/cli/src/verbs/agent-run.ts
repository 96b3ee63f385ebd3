import type { agentRun } from '../table/agent.ts';
import type { Verb } from '../table/spec.ts';

export const run: Verb<typeof agentRun> = async ({ flags, world }) => {
  const { exit } = await world.start(
    'edge-agent/src/main.ts',
    ['--config', flags.config],
    'shared',
  );
  return exit;
};
