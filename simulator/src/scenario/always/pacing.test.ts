import { expect, test } from 'vitest';
import { shippedScenario } from '../adapters/scenario-files.ts';
import { Ordered } from './ordered.ts';
import { pacingWatches } from './pacing.ts';

// Automation of its site lets a setpoint stand for twenty seconds.
const scenario = { ...shippedScenario('order-over-a-cut-link'), timeline: [] };

/** A battery that is asked for something else at each of these looks, in seconds. */
function moved(...looksS: readonly number[]) {
  let askedKw = 0;
  const model = {
    ratings: { asset: 'battery', kind: 'battery' },
    controllable: true,
    local: false,
  };
  const run = {
    devices: new Map([
      ['harbour', { models: [{ ...model, askedKw: () => askedKw, fault: null }] }],
    ]),
    plant: {
      sites: new Map([
        ['harbour', { loadKw: 300, pvKw: 0, importKw: 300, battery: { stateOfCharge: 0.5 } }],
      ]),
    },
    hasAgent: () => true,
  };
  const ordered = new Ordered(scenario, { orders: new Map() }, null);
  const [dwell] = pacingWatches(scenario, ordered);
  for (let atS = 0; atS < 200; atS += 1) {
    if (looksS.includes(atS)) askedKw += 10;
    dwell?.look(run as never, atS * 1_000);
  }
  return dwell?.outcome();
}

test('automation may move after the dwell time, of which a look may miss a second', () => {
  expect(moved(100, 120, 139)).toMatchObject({ kept: true });
});

test('and no sooner', () => {
  expect(moved(100, 118)).toMatchObject({
    kept: false,
    seen: 'harbour battery moves to 20 kW after 18 s at 1m58s',
  });
});
