import type { MessageBus } from '@tieline/bus';
import { type Rng, seededRng } from '@tieline/kernel';
import { expect, test } from 'vitest';
import { VirtualNetwork } from './virtual-network.ts';
import { VirtualWorld } from './virtual-world.ts';

/** Every draw of the jitter is a half: a wait is half its ceiling. */
const rng: Rng = {
  stream(name) {
    const stream = seededRng(1).stream(name);
    return name === 'reconnect-jitter:site' ? { ...stream, uniform: () => 0.5 } : stream;
  },
};

/** One client, and when it was up and down: ms since it started. */
function makeSite(subscribe: readonly string[]) {
  const world = new VirtualWorld({ rng });
  const network = new VirtualNetwork(world, rng);
  const bus: MessageBus = network.bus('site', { publish: [], subscribe });
  const startMs = world.monotonicMs();
  const upsMs: number[] = [];
  const downsMs: number[] = [];
  bus.start({
    subscriptions: ['t/#'],
    onMessage() {},
    onUp: () => upsMs.push(world.monotonicMs() - startMs),
    onDown: () => downsMs.push(world.monotonicMs() - startMs),
  });
  return { world, network, upsMs, downsMs };
}

test('a client that is refused comes again after waits that double up to five minutes', async () => {
  const { world, downsMs } = makeSite([]);
  await world.advance(1_500_000);
  // An attempt takes the link's 5 ms to be refused.
  const waitsMs = downsMs.slice(1).map((downMs, at) => downMs - downsMs[at]! - 5);
  expect(waitsMs.slice(0, 12)).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 150_000, 150_000, 150_000,
  ]);
});

test('a connection that broke at once goes on backing off; one that held starts over', async () => {
  const { world, network, upsMs } = makeSite(['t/#']);
  for (const upForMs of [9_000, 9_000, 10_000, 1_000]) {
    const ups = upsMs.length;
    while (upsMs.length === ups) await world.advance(1);
    await world.advance(upForMs);
    network.reset('site');
    await world.settle();
  }
  await world.advance(5_000);
  // Between two connections lie the time up, the wait, and 10 ms of CONNECT and CONNACK.
  const waitsMs = upsMs.slice(1).map((upMs, at) => upMs - upsMs[at]! - 10);
  expect(waitsMs).toEqual([9_500, 10_000, 10_500, 2_000]);
});
