import { expect, test } from 'vitest';
import { branchesBeside, embeddedFeeder, feederFromCsv, flowReport, parseFeeder } from './index.ts';

const BUSES = `bus,load_kw,load_kvar,source_pu,base_kv
1,,,1.0,12.66
2,100,60,,
3,90,,,
`;
const BRANCHES = `branch,from,to,r_ohm,x_ohm,closed,rated_a,rating_assumed
1-2,1,2,0.0922,0.047,,400,true
2-3,2,3,0.493,0.2511,,,
1-3,1,3,0.9,0.4,false,,
`;
const read = (buses: string, branches: string) =>
  feederFromCsv({ file: 'a/buses.csv', text: buses }, { file: 'a/branches.csv', text: branches });

test('a pair of tables is the feeder that the JSON file would be', () => {
  expect(read(BUSES, BRANCHES)).toEqual(
    parseFeeder(
      JSON.stringify({
        name: 'a',
        baseKv: 12.66,
        slack: { bus: '1', voltagePu: 1 },
        buses: [{ id: '1' }, { id: '2', loadKw: 100, loadKvar: 60 }, { id: '3', loadKw: 90 }],
        branches: [
          {
            id: '1-2',
            from: '1',
            to: '2',
            rOhm: 0.0922,
            xOhm: 0.047,
            ratedA: 400,
            ratingAssumed: true,
          },
          { id: '2-3', from: '2', to: '3', rOhm: 0.493, xOhm: 0.2511 },
          { id: '1-3', from: '1', to: '3', rOhm: 0.9, xOhm: 0.4, closed: false },
        ],
      }),
    ),
  );
});

test('the 33-bus feeder as tables has the losses of the published solution', () => {
  const feeder = embeddedFeeder('baran-wu-33');
  const buses = feeder.buses.map(({ id, loadKw, loadKvar }) =>
    [id, loadKw, loadKvar, ...(id === '1' ? [1, 12.66] : ['', ''])].join(','),
  );
  const branches = feeder.branches.map(({ id, from, to, rOhm, xOhm, closed = true }) =>
    [id, from, to, rOhm, xOhm, closed].join(','),
  );
  const made = read(
    ['\u{feff}bus,load_kw,load_kvar,source_pu,base_kv', ...buses].join('\r\n'),
    ['# Baran and Wu, 1989', 'branch,from,to,r_ohm,x_ohm,closed', ...branches].join('\n'),
  );
  expect(flowReport(made).lossKw).toBeCloseTo(202.6771, 4);
});

test.each<[string, string, string, string]>([
  ['no header', '', BRANCHES, 'a/buses.csv: there is no line of headers'],
  [
    'an unknown column',
    BUSES.replace('load_kw', 'load_mw'),
    BRANCHES,
    "a/buses.csv:1: unknown column 'load_mw'",
  ],
  [
    'a column that is needed',
    BUSES,
    'branch,from,to,x_ohm\n1-2,1,2,0.1\n',
    "a/branches.csv:1: there is no column 'r_ohm'",
  ],
  [
    'semicolons',
    BUSES.replaceAll(',', ';'),
    BRANCHES,
    'a/buses.csv:1: columns are parted by commas',
  ],
  [
    'text for a number',
    BUSES,
    BRANCHES.replace('0.493', '0.493 Ω'),
    "a/branches.csv:3: r_ohm: '0.493 Ω' is no number",
  ],
  [
    'an empty number',
    BUSES,
    BRANCHES.replace('0.493', ''),
    "a/branches.csv:3: r_ohm: '' is no number",
  ],
  [
    'a negative resistance',
    BUSES,
    BRANCHES.replace('0.493', '-0.493'),
    'a/branches.csv:3: rOhm: Too small',
  ],
  [
    'an unknown bus',
    BUSES,
    BRANCHES.replace('2-3,2,3', '2-3,2,9'),
    'a/branches.csv:3: to: unknown bus "9"',
  ],
  ['a doubled bus', BUSES.replace('3,90', '2,90'), BRANCHES, 'a/buses.csv:4: id: doubled bus "2"'],
  [
    'no source',
    BUSES.replace('1.0,12.66', ','),
    BRANCHES,
    'a/buses.csv: no bus has source_pu and base_kv',
  ],
  [
    'half a source',
    BUSES.replace('1.0,12.66', '1.0,'),
    BRANCHES,
    'a/buses.csv:2: the source needs both',
  ],
  [
    'two sources',
    BUSES.replace('2,100,60,,', '2,100,60,1,12.66'),
    BRANCHES,
    'a/buses.csv:3: a second source',
  ],
  [
    'neither true nor false',
    BUSES,
    BRANCHES.replace('0.4,false', '0.4,open'),
    "a/branches.csv:4: closed: 'open' is neither",
  ],
  ['a row too short', BUSES.replace('2,100,60,,', '2,100'), BRANCHES, 'a/buses.csv:3: '],
  ['a quote that never ends', BUSES, BRANCHES.replace('2-3,2', '"2-3,2'), 'a/branches.csv:'],
  [
    'shares that do not add up',
    BUSES.replace('base_kv', 'base_kv,zip_z').replaceAll(/(\n.*\d.*)/g, '$1,0.5'),
    BRANCHES,
    'zip: z, i and p do not add up to 1',
  ],
])('%s is refused with file and line', (_, buses, branches, message) => {
  expect(() => read(buses, branches)).toThrow(message);
});

test('the table of branches lies beside that of the buses, and the feeder has the name that they share', () => {
  expect(branchesBeside('nets/north/buses.csv')).toBe('nets/north/branches.csv');
  expect(branchesBeside('north-buses.csv')).toBe('north-branches.csv');
  expect(branchesBeside('north.json')).toBeNull();
  expect(() => branchesBeside('north/branches.csv')).toThrow(
    'north/branches.csv: name the table of buses',
  );
  const named = (file: string) =>
    feederFromCsv({ file, text: BUSES }, { file: '', text: BRANCHES }).name;
  expect(['nets/north/buses.csv', 'north-buses.csv', 'buses.csv'].map(named)).toEqual([
    'north',
    'north',
    'feeder',
  ]);
});
