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
  summary: 'run the evening-peak scenario on virtual time',
  details: [
    'The production agents and control plane on virtual time, network and plant: three sites on the Baran & Wu feeder, from 18:00 on, or from midnight for a day and more. The same plant without control is run beside it, to compare. The same seed and duration give the same trace, to the last bit, on one platform.',
    'Powers in kW; a peak is the highest mean import of a whole quarter hour.',
  ],
  operands: {},
  flags: {
    for: { type: 'text', value: 'DURATION', summary: 'simulated time; default 1h' },
    seed: { type: 'text', value: 'N', summary: 'loads, weather, keys and network; default 1' },
  },
  heeds: [],
  schema: 'tieline.run/1',
  examples: ['tieline sim run', 'tieline sim run --for 24h --seed 2 --json'],
  exits: [130],
});
