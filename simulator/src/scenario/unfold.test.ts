import { embeddedFeeder } from '@tieline/grid';
import { expect, test } from 'vitest';
import { ScenarioError } from './failure.ts';
import { parseScenario } from './parse-scenario.ts';

const HOMES = `scenario: tieline.scenario/1
about: A test.
feeder: baran-wu-33
start: 2026-03-03T18:00:00Z
for: 20m
sites:
  home:
    copies: 5
    bus: ["18", "25"]
    loadPeakKw: 10
    battery: { powerKw: 5, energyKwh: 10 }
    quarterHourImportMaxKw: 12
  mill:
    bus: "18"
    loadPeakKw: 100
    pvPeakKw: 20
    quarterHourImportMaxKw: 120
timeline:
  - at: 2m
    order: { name: relief, site: home, kw: 4, for: 5m }
  - at: 3m
    cut: home
  - at: 4m
    kill: home-2
expect:
  - { that: home.batteryKw, max: 5 }
  - { order: relief, reaches: reverted, within: 10m }
`;

const noFile = (file: string): string => {
  throw new Error(`there is no file ${file}`);
};
const parse = (text: string) =>
  parseScenario(text, 'homes.yaml', { feeder: embeddedFeeder, text: noFile });

/** What is wrong once the first text has been replaced by another. */
function changed(from: string, to: string): string {
  expect(HOMES).toContain(from);
  try {
    parse(HOMES.replace(from, to));
  } catch (thrown) {
    if (!(thrown instanceof ScenarioError)) throw thrown;
    return thrown.message;
  }
  return 'nothing';
}

test('copies are sites of their own, spread over their buses in turn; several sites may share a bus', () => {
  const { simulated } = parse(HOMES);
  expect(simulated.sites.map(({ plant: { site, bus } }) => `${site}@${bus}`)).toEqual([
    ...['home-1@18', 'home-2@25', 'home-3@18', 'home-4@25', 'home-5@18'],
    'mill@18',
  ]);
});

test('an event that names them meets each; their orders get names of their own', () => {
  const { timeline, groups } = parse(HOMES);
  const orders = timeline.flatMap(({ order }) => (order === undefined ? [] : [order]));
  expect(orders.map(({ name, site }) => `${name}: ${site}`)).toEqual(
    [1, 2, 3, 4, 5].map((k) => `relief-${k}: home-${k}`),
  );
  expect(timeline.flatMap(({ cut }) => cut ?? [])).toEqual(groups.sites.get('home'));
  expect(timeline.flatMap(({ kill }) => kill ?? [])).toEqual(['home-2']);
  expect(groups.orders.get('relief')).toEqual(orders.map(({ name }) => name));
});

test('a star is every bus that draws something', () => {
  const feeder = embeddedFeeder('baran-wu-33');
  const { simulated } = parse(
    HOMES.replace('copies: 5', 'copies: 40').replace('["18", "25"]', '"*"'),
  );
  const buses = new Set(simulated.sites.map(({ plant }) => plant.bus));
  expect(buses.size).toBe(feeder.buses.filter(({ loadKw = 0 }) => loadKw > 0).length);
});

test.each([
  [
    'a bus of a list that is not there',
    '"25"]',
    '"52"]',
    /9:\d+: sites.home.bus.1: there is no bus '52'; did you mean '2'/,
  ],
  [
    'a list of buses without copies',
    'copies: 5\n    bus',
    'bus',
    /several buses are for a site with copies/,
  ],
  [
    'more sites than a policy holds',
    'copies: 5',
    'copies: 1000',
    /sites: 1001 sites; there may be 1000/,
  ],
  ['no copies', 'copies: 5', 'copies: 0', /sites.home.copies: Too small/],
  ['a name that is there twice', '  mill:', '  home-3:', /there are two sites 'home-3'/],
  [
    'a name that is too long with its number',
    '  home:',
    `  ${'h'.repeat(31)}:`,
    /longer than the 32/,
  ],
  ['the name of what all share', '  mill:', '  fleet:', /no site can be called 'fleet'/],
  [
    'an event for what a copy does not have',
    'cut: home',
    'device: { site: home, asset: pv, fault: silent }',
    /timeline.1.device.asset: home-1 has no PV/,
  ],
  [
    'an agent that is killed with the others, and again',
    'cut: home',
    'kill: home',
    /timeline.2: home-2 has ended already/,
  ],
  [
    'two groups in one event',
    'cut: home',
    'replay: { site: home, to: mill }',
    /there is no site 'home'/,
  ],
  [
    'a quantity that copies do not have',
    'home.batteryKw',
    'home.battery',
    /there is no quantity 'home.battery'; did you mean 'home.batteryKw'/,
  ],
  [
    'what copies save',
    '{ that: home.batteryKw, max: 5 }',
    '{ saves: home, atLeastKw: 1 }',
    /there is no site 'home'; did you mean 'home-1'/,
  ],
])('%s is told, with its place', (_, from, to, said) => {
  expect(changed(from, to)).toMatch(said);
});
