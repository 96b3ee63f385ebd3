import { defineCommand } from './spec.ts';

export const simFlow = defineCommand({
  noun: 'sim',
  verb: 'flow',
  summary: 'solve the power flow of a feeder',
  details: [
    'Balanced power flow of a radial or weakly meshed feeder from its file, or of one that ships with Tieline by its name (baran-wu-33). Loads in kW and kvar as drawn; voltages per unit of the base.',
    'Closed loops are solved. A bus that nothing feeds has no voltage, and its load counts for nothing.',
  ],
  operands: {
    feeder: {
      value: 'FEEDER',
      summary: 'a feeder file (JSON, or …buses.csv with its branches.csv), or a name',
    },
  },
  flags: {
    close: {
      type: 'text',
      value: 'BRANCHES',
      summary: 'close these first, by comma',
      repeated: true,
    },
    open: {
      type: 'text',
      value: 'BRANCHES',
      summary: 'open these first, by comma',
      repeated: true,
    },
  },
  heeds: [],
  schema: 'tieline.flow/1',
  examples: [
    'tieline sim flow baran-wu-33',
    'tieline sim flow baran-wu-33 --close 21-8,9-15 --json',
  ],
  exits: [],
});

const WORKERS = {
  type: 'text',
  value: 'N',
  summary: 'scenarios at a time; default: one per processor',
} as const;

export const simRun = defineCommand({
  noun: 'sim',
  verb: 'run',
  summary: 'run scenarios on virtual time, or live, and say which expectations they keep',
  details: [
    'The production agents and control plane on virtual time, network and plant, through the events of a scenario file. The same plant without control is run beside it, to compare.',
    'Loads, weather, keys and network follow from the seed: the same one gives the same report, to the last bit, on one platform. With several each scenario is run with each of them, and what --out writes of a run lies in SCENARIO/seed-N/.',
    'With --live the same file is played by real processes: a control plane with its broker and an agent per site, against devices that speak Modbus TCP, one scenario after the other. Nothing repeats such a run to the bit. An event that no real process can go through refuses the scenario before anything starts. Standard error, or with --json the first line (tieline.live/2), says where each device listens; devices.json says it, too, beside the deployment’s other files.',
    'Exit 8 where an expectation fails, or where a scenario that must fail (its file ends in .must-fail.yaml) does not. Powers in kW; a peak is the highest mean import of a whole quarter hour.',
  ],
  operands: {
    scenario: {
      value: 'SCENARIO',
      summary: 'a file, a folder of them, or one that ships (sim list); default evening-peak',
      optional: true,
    },
  },
  flags: {
    seed: {
      type: 'text',
      value: 'SEEDS',
      summary: 'one (42) or several (1-10,42); default: the scenario’s own',
    },
    workers: WORKERS,
    live: { type: 'toggle', summary: 'with real processes, sockets and devices' },
    rate: {
      type: 'text',
      value: 'N',
      summary: 'with --live: simulated seconds in a real one, 1 to 60; default 10',
    },
    keep: {
      type: 'text',
      value: 'DIR',
      summary: 'with --live: keep each deployment’s files in this new folder',
    },
    out: {
      type: 'text',
      value: 'DIR',
      summary:
        'write junit.xml, summary.md and SCENARIO/ run.json, report.html, trace.ndjson there',
    },
  },
  heeds: [],
  schema: 'tieline.run/2',
  examples: [
    'tieline sim run',
    'tieline sim run scenarios/ --seed 42 --out out/',
    'tieline sim run scenarios/ --seed 1-10',
    'tieline sim run agent-dies --live',
  ],
  exits: [8, 130],
});

/** What `accept` and `compare` mean where nothing is named. */
export const SCENARIOS_FOLDER = 'scenarios';

const OWN_SCENARIOS = {
  value: 'SCENARIO',
  summary: 'a file, or a folder of them; default scenarios',
  optional: true,
} as const;

export const simAccept = defineCommand({
  noun: 'sim',
  verb: 'accept',
  summary: 'run scenarios, and accept what they do as the baseline',
  details: [
    'Writes accepted.json beside the scenarios, to be committed with them: of each the seed, the highest quarter hour, the lowest voltage, the headroom of each expectation, and the digest of its trace. A folder replaces all of it, a file its own part.',
    'Exit 8, with nothing written, where a scenario does not keep its promises.',
  ],
  operands: { scenario: OWN_SCENARIOS },
  flags: {
    seed: { type: 'text', value: 'N', summary: 'default: the scenario’s own' },
    workers: WORKERS,
  },
  heeds: [],
  schema: 'tieline.accept/1',
  examples: ['tieline sim accept scenarios/'],
  exits: [8, 130],
});

export const simCompare = defineCommand({
  noun: 'sim',
  verb: 'compare',
  summary: 'run scenarios again, and say what is not as accepted',
  details: [
    'Runs each with the seed that it was accepted with, and names the figures that moved, old → new, new scenarios and vanished ones. The digest of a trace is compared only on the platform on which it was accepted.',
    'Exit 9 where anything differs; 8 where a scenario does not keep its promises, whatever differs.',
  ],
  operands: { scenario: OWN_SCENARIOS },
  flags: { workers: WORKERS },
  heeds: [],
  schema: 'tieline.compare/1',
  examples: ['tieline sim compare scenarios/'],
  exits: [8, 9, 130],
});

export const simExplain = defineCommand({
  noun: 'sim',
  verb: 'explain',
  summary: 'say in words what a scenario does, without running it',
  details: [
    'The feeder, the sites and the limits that follow from their sizes, what happens when, what is expected, and what every run promises.',
  ],
  operands: { scenario: { value: 'SCENARIO', summary: 'a file, or one that ships (sim list)' } },
  flags: {},
  heeds: [],
  schema: 'tieline.explain/1',
  examples: ['tieline sim explain order-over-a-cut-link'],
  exits: [],
});

export const simFuzz = defineCommand({
  noun: 'sim',
  verb: 'fuzz',
  summary:
    'invent faults until a promise breaks, and hand back the smallest scenario that breaks it',
  details: [
    'Random small networks and timelines of faults that all heal. Every run must keep what every scenario keeps, and soon after the last fault each site must be linked, receipted and obey. Every eighth is run twice, and must be the same. The first find is shrunk, and written as a scenario file.',
    'A seed and a commit reproduce: with --runs, the same seed gives the same output, however many workers. Exit 8 where something was found; after an interrupt the smallest so far is written.',
  ],
  operands: {},
  flags: {
    seed: {
      type: 'text',
      value: 'N',
      summary: 'what is drawn follows from it; default: by chance',
    },
    runs: { type: 'text', value: 'N', summary: 'this many scenarios at most' },
    for: {
      type: 'text',
      value: 'DURATION',
      summary: 'begin nothing new after this time; default 1m where --runs is not given',
    },
    workers: WORKERS,
    out: { type: 'text', value: 'DIR', summary: 'where a find is written; default: here' },
  },
  heeds: [],
  schema: 'tieline.fuzz/1',
  examples: ['tieline sim fuzz --for 10m', 'tieline sim fuzz --seed 42 --runs 100 --json'],
  exits: [8, 130],
});

export const simLint = defineCommand({
  noun: 'sim',
  verb: 'lint',
  summary: 'check scenario files without running them',
  details: ['Every problem with its file, line and column. Nothing is run.'],
  operands: { scenario: { value: 'SCENARIO', summary: 'a file, or a folder of them' } },
  flags: {},
  heeds: [],
  schema: 'tieline.lint/1',
  examples: ['tieline sim lint scenarios/'],
  exits: [],
});

export const simList = defineCommand({
  noun: 'sim',
  verb: 'list',
  summary: 'list the scenarios that ship with Tieline',
  operands: {},
  flags: {},
  heeds: [],
  schema: 'tieline.scenarios/1',
  examples: ['tieline sim list'],
  exits: [],
});
