import type { agentRun } from '../table/agent.ts';
import type { Verb } from '../table/spec.ts';

/** Whoever ends this process ends the agent: there is no second one that might outlive it. */
export const run: Verb<typeof agentRun> = ({ flags, world }) =>
  world.become('edge-agent/src/main.ts', ['--config', flags.config]);
