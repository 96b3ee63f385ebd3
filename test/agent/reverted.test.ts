import { seededRng } from '@tieline/kernel';
import type { Action } from '@tieline/protocol';
import { type DeviceModel, eveningPeak, signOrder, VirtualRun } from '@tieline/simulator';
import { afterEach, beforeEach, expect, test } from 'vitest';

const SITE = 'harbour';

let run: VirtualRun;
beforeEach(async () => {
  const startMs = Date.UTC(2026, 2, 3, 9);
  run = new VirtualRun({ simulated: eveningPeak(), seed: 4, startMs, control: true });
  await run.advance(60_000);
});
afterEach(() => run.stop());

/** People order the battery to 60 kW for this long; gives the command's id. */
function order(validForMs: number): string {
  const { trust, operator } = run.provisioned;
  const action: Action = {
    ...{ type: 'setpoint', asset: 'battery', activePowerKw: 60, startWithinMs: 0, validForMs },
    ...{ rampKwPerS: 40, rampOutKwPerS: 40, revert: { to: 'local' }, priority: 0 },
  };
  const signed = signOrder({
    ...{ id: seededRng(1).stream('order').bytes(16), site: SITE, actions: [action] },
    ...{ reason: 'to see it revert', anchor: trust.anchor, key: operator },
    nowS: Math.floor(run.world.wallMs() / 1_000),
  });
  return run.control!.submitOrder(signed).commands[0]!.id;
}

const ladder = (id: string): string[] => run.control!.command(id).ladder.map(({ state }) => state);
function device(asset: string): DeviceModel {
  return run.devices.get(SITE)!.models.find((model) => model.ratings.asset === asset)!;
}

/** The agent dies in the middle of its command, and starts again at once. */
async function restart(): Promise<void> {
  await run.advance(20_000);
  await run.kill(SITE);
  run.start(SITE);
}

test('after a restart a device that discards every write leaves its command unknown, until it obeys', async () => {
  const id = order(600_000);
  const battery = device('battery');
  const { apply } = battery;
  await run.advance(20_000);
  battery.apply = () => true;
  await restart();
  await run.advance(15_000);
  expect(battery.askedKw()).toBe(60);
  expect(ladder(id).at(-1)).toBe('unknown');
  battery.apply = apply;
  await run.advance(10_000);
  expect(battery.askedKw()).not.toBe(60);
  expect(ladder(id).at(-1)).toBe('reverted');
});

test('after a restart a timer that never runs keeps no command unknown: what it holds is read back', async () => {
  const id = order(600_000);
  device('battery').reversionRemainingS = () => null;
  await restart();
  await run.advance(15_000);
  expect(ladder(id).at(-1)).toBe('reverted');
});

test('a device that is silent while its command ends leaves it unknown, and reverted once it is read again', async () => {
  const id = order(60_000);
  await run.advance(20_000);
  device('battery').fault = 'silent';
  await run.advance(90_000);
  expect(ladder(id).at(-1)).toBe('unknown');
  expect(ladder(id)).not.toContain('completed');
  device('battery').fault = null;
  await run.advance(10_000);
  expect(ladder(id).slice(-2)).toEqual(['unknown', 'reverted']);
});

test('what a device did not revert before the agent ended stays open for the next start', async () => {
  const id = order(60_000);
  await run.advance(20_000);
  device('battery').fault = 'silent';
  await run.advance(90_000);
  await restart();
  await run.advance(20_000);
  expect(ladder(id).at(-1)).toBe('unknown');
  device('battery').fault = null;
  await run.advance(20_000);
  expect(ladder(id).at(-1)).toBe('reverted');
});
