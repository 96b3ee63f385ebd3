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
    'tieline sim flow feeder.json --close 8-21,9-15 --json',
  ],
  exits: [],
});
