import { defineCommand } from './spec.ts';

export const agentRun = defineCommand({
  noun: 'agent',
  verb: 'run',
  summary: 'run the edge agent of a site in the foreground',
  details: [
    'Starts the agent process with its configuration and ends as it ends. SIGTERM and an interrupt stop it in order: setpoints are left to end by themselves.',
  ],
  operands: {},
  flags: {
    config: {
      type: 'text',
      value: 'FILE',
      summary: 'the agent’s configuration (JSON)',
      required: true,
    },
  },
  heeds: [],
  schema: null,
  examples: ['tieline agent run --config /etc/tieline/agent.json'],
  exits: [130],
});

export const agentLs = defineCommand({
  noun: 'agent',
  verb: 'ls',
  summary: 'list agents, worst first',
  details: [
    'An agent that was silent for 30 s is lost, and shown with the time since when. What it reports running is the truth, not what was asked.',
  ],
  operands: {},
  flags: {},
  heeds: ['context', 'site', 'timeout'],
  schema: 'tieline.agents/1',
  examples: ['tieline agent ls', 'tieline agent ls --json'],
  exits: [3, 4],
});

export const agentGet = defineCommand({
  noun: 'agent',
  verb: 'get',
  summary: 'show one agent: link, session, versions, audit, what is buffered',
  operands: { site: { value: 'SITE', summary: 'the site, which names its agent' } },
  flags: {},
  heeds: ['context', 'timeout'],
  schema: 'tieline.agent/1',
  examples: ['tieline agent get site-1'],
  exits: [3, 4],
});
