import { embeddedFeeder } from '@tieline/grid';
import { describe, expect, test } from 'vitest';
import { ScenarioError } from './failure.ts';
import { parseScenario } from './parse-scenario.ts';

const GOOD = `scenario: tieline.scenario/1
about: A test.
feeder: baran-wu-33
start: 2026-03-03T18:00:00Z
for: 20m
sites:
  harbour:
    bus: "25"
    loadPeakKw: 420
    battery: { powerKw: 160, energyKwh: 320 }
    quarterHourImportMaxKw: 332
timeline:
  - at: 3m
    cut: harbour
  - at: 2m
    order: { name: relief, site: harbour, kw: 100, for: 5m }
expect:
  - { that: harbour.batteryKw, max: 120 }
  - { order: relief, reaches: reverted, within: 10m }
  - { saves: feeder, atLeastKw: 1 }
`;

/** The files that lie beside the good one. */
const BESIDE: Readonly<Record<string, string>> = {
  'prices.csv': 'time,price_eur_per_mwh\n2026-03-03T18:00Z,100\n2026-03-03T18:15Z,-50\n',
  'gap.csv':
    'time,price_eur_per_mwh\n2026-03-03T18:00Z,1\n2026-03-03T18:15Z,1\n2026-03-03T18:45Z,1\n',
  'short.csv': 'time,price_eur_per_mwh\n2026-03-03T18:05Z,1\n2026-03-03T18:20Z,1\n',
};
const textBeside = (file: string): string => {
  const text = BESIDE[file];
  if (text === undefined) throw new Error(`there is no file ${file}`);
  return text;
};

const parse = (text: string, file = 'tests/relief.yaml') =>
  parseScenario(text, file, { feeder: embeddedFeeder, text: textBeside });

function problems(text: string): string[] {
  try {
    parse(text);
  } catch (thrown) {
    if (!(thrown instanceof ScenarioError)) throw thrown;
    return thrown.message.split('\n').map((line) => line.replace('tests/relief.yaml:', ''));
  }
  return [];
}
/** What is wrong once the first text in the good file has been replaced by another. */
const changed = (from: string, to: string): string[] => {
  expect(GOOD).toContain(from);
  return problems(GOOD.replace(from, to));
};

test('a good file is read whole: defaults filled in, events in the order of their times', () => {
  const scenario = parse(GOOD);
  expect(scenario).toMatchObject({
    name: 'relief',
    file: 'tests/relief.yaml',
    mustFail: false,
    startMs: Date.UTC(2026, 2, 3, 18),
    durationMs: 1_200_000,
    seed: 1,
  });
  expect(scenario.timeline.map(({ at }) => at)).toEqual([120_000, 180_000]);
  const [site] = scenario.simulated.sites;
  expect(site?.plant).toMatchObject({ bus: '25', pvPeakKw: 0, battery: { stateOfCharge: 0.7 } });
  expect(site?.ratings.map(({ asset }) => asset)).toEqual(['meter', 'load', 'battery']);
  expect(site?.policy.quarterHourImportMaxKw).toBe(332);
});

test('a tariff has its defaults, and its prices from a file', () => {
  const tariff = 'tariff: { importPerKwh: prices.csv, demand: { perKw: 90 } }\n';
  expect(parse(`${GOOD}${tariff}`).tariff).toEqual({
    timeZone: 'UTC',
    currency: 'EUR',
    importPerKwh: { startMs: Date.UTC(2026, 2, 3, 18), stepMs: 900_000, values: [0.1, -0.05] },
    exportPerKwh: 0,
    spikes: [],
    demand: { perKw: 90, intervalMs: 900_000, period: 'year', ratchet: 0 },
  });
  expect(parse(GOOD).tariff).toBeNull();
});

test('the name of its file says that a scenario must fail', () => {
  expect(parse(GOOD, 'a/broken.must-fail.yml')).toMatchObject({ name: 'broken', mustFail: true });
});

describe('what is wrong is said by line and column, with what was probably meant', () => {
  test.each<[string, string, string, string]>([
    [
      'an unknown key',
      'quarterHourImportMaxKw',
      'quarterHourImportKw',
      "11:5: sites.harbour: unknown key 'quarterHourImportKw'; did you mean 'quarterHourImportMaxKw'?",
    ],
    [
      'no time at all',
      'for: 20m',
      'for: 0s',
      '5:6: for: less than a second, in which nothing is seen',
    ],
    [
      'an unknown event',
      'cut: harbour',
      'cutt: harbour',
      "14:5: timeline.0: unknown key 'cutt'; did you mean 'cut'?",
    ],
    [
      'an unknown site',
      'cut: harbour',
      'cut: harbor',
      "14:10: timeline.0.cut: there is no site 'harbor'; did you mean 'harbour'?",
    ],
    [
      'an unknown bus',
      '"25"',
      '"35"',
      "8:10: sites.harbour.bus: there is no bus '35'; did you mean '3'?",
    ],
    ['an unknown feeder', 'baran-wu-33', 'baran-wu-34', '3:9: feeder: '],
    [
      'a number without a unit',
      'for: 20m',
      'for: 20',
      '5:6: for: expected string, received number',
    ],
    [
      'a key that is missing',
      'powerKw: 160, ',
      '',
      '10:14: sites.harbour.battery.powerKw: it is missing: expected number',
    ],
    [
      'a rung that there is not',
      'reaches: reverted',
      'reaches: revertd',
      "19:31: expect.1.reaches: there is no 'revertd'; did you mean 'reverted'?",
    ],
    [
      'a time without its offset',
      '2026-03-03T18:00:00Z',
      '2026-03-03 18:00',
      '4:8: start: a time in UTC: 2026-03-03T18:00:00Z',
    ],
    ['a unit that there is not', 'for: 20m', 'for: 20 minutes', '5:6: for: a number with its unit'],
    [
      'a power where a share is meant',
      '320 }',
      '320, stateOfCharge: 70 }',
      '10:61: sites.harbour.battery.stateOfCharge: ',
    ],
    [
      'an event beyond the end',
      'at: 3m',
      'at: 21m',
      '13:9: timeline.0.at: after the scenario has ended',
    ],
    [
      'two things in one event',
      'cut: harbour',
      'cut: harbour\n    kill: harbour',
      '13:5: timeline.0: an event does cut and kill',
    ],
    [
      'an expectation on nothing',
      'harbour.batteryKw',
      'harbour.batteryKwh',
      "18:13: expect.0.that: there is no quantity 'harbour.batteryKwh'; did you mean 'harbour.batteryKw'?",
    ],
    [
      'an expectation that bounds nothing',
      ', max: 120',
      '',
      '18:5: expect.0: nothing is expected: min, max, or both',
    ],
    [
      'a bound that is no number',
      'max: 120',
      'max: a lot',
      '18:37: expect.0.max: expected number, received string',
    ],
    [
      'an order that nobody signs',
      'order: relief',
      'order: releif',
      "19:14: expect.1.order: there is no order 'releif'; did you mean 'relief'?",
    ],
    [
      'a saving of nobody',
      'saves: feeder',
      'saves: harbor',
      "20:14: expect.2.saves: there is no site 'harbor'; did you mean 'harbour'?",
    ],
    [
      'a control plane that is told to do something else',
      'cut: harbour',
      'control: harbour',
      '14:14: timeline.0.control: ',
    ],
    [
      'a load at nobody’s site',
      'cut: harbour',
      'load: { site: harbor, addKw: 1, for: 1m }',
      "14:19: timeline.0.load.site: there is no site 'harbor'; did you mean 'harbour'?",
    ],
    [
      'a branch that is not there',
      'cut: harbour',
      'switch: { branch: 21-9, closed: true }',
      "14:23: timeline.0.switch.branch: the feeder has no branch '21-9'; did you mean '21-8'?",
    ],
    [
      'a quantity of a branch that is not there',
      'that: harbour.batteryKw',
      'that: branch.21-9.loading',
      "18:13: expect.0.that: there is no quantity 'branch.21-9.loading'; did you mean 'branch.21-8.loading'?",
    ],
    [
      'a load whose shares do not add up',
      'loadPeakKw: 420',
      'loadPeakKw: 420\n    loadZip: { z: 0.5, i: 0.5, p: 0.5 }',
      '10:14: sites.harbour.loadZip: z, i and p do not add up to 1',
    ],
    [
      'a gap in a series of prices',
      'for: 20m\n',
      'for: 20m\ntariff: { importPerKwh: gap.csv }\n',
      'tariff.importPerKwh: gap.csv:4: a gap: 2026-03-03T18:45:00.000Z where',
    ],
    [
      'a series that begins too late',
      'for: 20m\n',
      'for: 20m\ntariff: { importPerKwh: short.csv }\n',
      'tariff.importPerKwh: short.csv covers 2026-03-03T18:05:00.000Z to',
    ],
    [
      'a series that is not there',
      'for: 20m\n',
      'for: 20m\ntariff: { importPerKwh: 0.3, exportPerKwh: none.csv }\n',
      'tariff.exportPerKwh: there is no file none.csv',
    ],
    [
      'a time zone that there is not',
      'for: 20m\n',
      'for: 20m\ntariff: { importPerKwh: 0.3, timeZone: Europe/Berlln }\n',
      'tariff.timeZone: no time zone of that name',
    ],
    [
      'a price without a tariff',
      'timeline:\n',
      'timeline:\n  - { at: 1m, price: { importPerKwh: 1, for: 1m } }\n',
      'timeline.0.price: there is no tariff that it could change',
    ],
    [
      'a price that is none',
      'timeline:\n',
      'timeline:\n  - { at: 1m, price: { for: 1m } }\n',
      'timeline.0.price: neither importPerKwh nor exportPerKwh',
    ],
    [
      'cars that would find the charger taken',
      'loadPeakKw: 420',
      'loadPeakKw: 420\n    ev: { chargers: 2, spread: 7h }',
      'sites.harbour.ev: stays and twice the spread are longer than a day',
    ],
    [
      'an order for cars that nobody steers',
      'kw: 100, for: 5m',
      'asset: ev, kw: -1, for: 5m',
      'timeline.1.order.asset: harbour has no cars that are steered',
    ],
    [
      'a bill without a tariff',
      '{ saves: feeder, atLeastKw: 1 }',
      '{ billOf: feeder, savesAtLeast: 1 }',
      '20:5: expect.2: there is no tariff that could bill it',
    ],
    [
      'PV that is not there',
      'site: harbour, kw',
      'site: harbour, asset: pv, kw',
      '16:50: timeline.1.order.asset: harbour has no PV',
    ],
    [
      'a site with nothing to control',
      '    battery: { powerKw: 160, energyKwh: 320 }\n',
      '',
      '8:5: sites.harbour: neither a battery nor PV nor cars that are steered: nothing could be controlled',
    ],
    [
      'an order to a battery that is not there',
      'battery: { powerKw: 160, energyKwh: 320 }',
      'pvPeakKw: 10',
      '16:12: timeline.1.order.asset: harbour has no battery',
    ],
    [
      'an expectation on a battery that is not there',
      'battery: { powerKw: 160, energyKwh: 320 }',
      'pvPeakKw: 10',
      '18:13: expect.0.that: harbour has no battery',
    ],
  ])('%s', (_what, from, to, expected) => {
    expect(changed(from, to).join('\n')).toContain(expected);
  });

  test('a file whose name cannot name a deployment', () => {
    expect(() => parse(GOOD, 'tests/My Relief.yaml')).toThrow(
      /^tests\/My Relief\.yaml: the name of the file names the deployment/,
    );
  });

  test('what runs cannot start, and what has ended cannot end, in the order of their times', () => {
    const found = problems(
      GOOD.replace('cut: harbour', 'control: start').replace(
        'expect:',
        '  - { at: 1m, control: stop }\n  - { at: 4m, control: stop }\n  - { at: 5m, control: stop }\n' +
          '  - { at: 1m, start: harbour }\n  - { at: 2m, kill: harbour }\nexpect:',
      ),
    );
    expect(found).toEqual([
      expect.stringContaining('timeline.4: the control plane has ended already'),
      expect.stringContaining('timeline.5: harbour runs already'),
    ]);
  });

  test('every problem at once, in the order of the file', () => {
    const found = problems(
      GOOD.replace('cut: harbour', 'cut: harbor').replace('batteryKw', 'power'),
    );
    expect(found.map((line) => line.split(':')[0])).toEqual(['14', '18']);
  });

  test('what is no YAML, and what is something else altogether', () => {
    expect(problems('a: [1, 2').join()).toMatch(/^1:\d+: /);
    expect(problems('').join()).toContain('expected object');
    expect(problems('- 1').join()).toContain('expected object');
    expect(problems('a: 1\na: 2').join()).toMatch(/^2:1: .*unique/i);
  });

  test('aliases that unfold without end are refused', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n`;
    expect(problems(bomb).join()).toMatch(/alias/i);
  });

  test('a site called feeder', () => {
    const second = `  feeder:\n    bus: "25"\n    loadPeakKw: 1\n    battery: { powerKw: 1, energyKwh: 1 }\n    quarterHourImportMaxKw: 1\ntimeline:`;
    const found = problems(GOOD.replace('timeline:', second)).join('\n');
    expect(found).toContain("no site can be called 'feeder'");
  });
});
