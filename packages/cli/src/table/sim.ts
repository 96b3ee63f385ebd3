import { defineCommand } from './spec.ts';

export const simFlow = defineCommand({
  noun: 'sim',
  verb: 'flow',
  summary: 'solve the power flow of a feeder',
  details: [
    'Balanced power flow of a radial or weakly meshed feeder from its file, or of one that ships with Tieline by its name (baran-wu-33). Loads in kW and kvar as drawn; voltages per unit of the base.',
    'Closed loops are solved. A bus that nothing feeds has no voltage, and its load counts for nothing.',
  ],
  operands: { feeder: { value: 'FEEDER', summary: 'a feeder file (JSON), or the name of one' } },
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

export const simRun = defineCommand({
  noun: 'sim',
  verb: 'run',
  summary: 'run scenarios on virtual time, and say which expectations they keep',
  details: [
    'The production agents and control plane on virtual time, network and plant, through the events of a scenario file. The same plant without control is run beside it, to compare. The same seed gives the same report, to the last bit, on one platform.',
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
      value: 'N',
      summary: 'loads, weather, keys and network; default: the scenario’s own',
    },
    workers: {
      type: 'text',
      value: 'N',
      summary: 'scenarios at a time; default: one per processor',
    },
    out: {
      type: 'text',
      value: 'DIR',
      summary: 'write junit.xml, summary.md, SCENARIO/run.json and SCENARIO/report.html there',
    },
  },
  heeds: [],
  schema: 'tieline.run/2',
  examples: ['tieline sim run', 'tieline sim run scenarios/ --seed 42 --out out/'],
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
