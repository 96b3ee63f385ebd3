import { expect, test } from 'vitest';
import { shippedScenario, shippedScenarios } from '../adapters/scenario-files.ts';
import { eventWords } from './index.ts';

test('every event of the library is named for what it is', () => {
  const said = shippedScenarios().flatMap((name) => shippedScenario(name).timeline.map(eventWords));
  const replays = said.filter(({ what }) => what.startsWith('replayed'));
  const asked = shippedScenarios().flatMap((name) =>
    shippedScenario(name).timeline.filter(({ replay }) => replay !== undefined),
  );
  // What no branch knows would be called a replay.
  expect(replays).toHaveLength(asked.length);
});

test('what meets the whole feeder belongs to no one site', () => {
  expect(eventWords({ at: 60_000, cloud: { for: 120_000, share: 0.3 } })).toEqual({
    atMs: 60_000,
    site: null,
    what: 'cloud: the sun gives 0.3 of its own for 2m',
  });
  expect(eventWords({ at: 0, control: 'stop' })).toMatchObject({ site: null });
  expect(eventWords({ at: 0, broker: 'restart' })).toMatchObject({ site: null });
});

test('a load that falls, a policy and a clock say by how much', () => {
  const said = [
    eventWords({ at: 0, load: { site: 'harbour', addKw: -40, for: 60_000 } }),
    eventWords({ at: 0, policy: { site: 'harbour', exportMaxKw: 20 } }),
    eventWords({ at: 0, clock: { site: 'harbour', offsetMs: -5_000 } }),
  ];
  expect(said.map(({ what }) => what)).toEqual([
    'load of harbour -40 kW for 1m',
    'policy of harbour: exportMaxKw 20',
    'clock of harbour -5000 ms off',
  ]);
});
