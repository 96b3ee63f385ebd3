import type { BusFailure, BusMessage, Grants, MessageBus } from '@tieline/bus';
import { seededRng } from '@tieline/kernel';
import { expect, test } from 'vitest';
import { VirtualNetwork } from './virtual-network.ts';
import { VirtualWorld } from './virtual-world.ts';

interface Client {
  readonly bus: MessageBus;
  readonly heard: string[];
  readonly downs: string[];
}

function makeWorld(seed: number) {
  const rng = seededRng(seed);
  const world = new VirtualWorld({ rng });
  const network = new VirtualNetwork(world, rng);
  const client = async (id: string, subscriptions: string[], grants?: Grants): Promise<Client> => {
    const bus = network.bus(id, grants);
    const made: Client = { bus, heard: [], downs: [] };
    bus.start({
      subscriptions,
      will: () => ({ topic: `will/${id}`, payload: new Uint8Array(1), qos: 1 }),
      onMessage: ({ topic, payload }: BusMessage) => made.heard.push(`${topic}:${payload[0]}`),
      onUp() {},
      onDown: (reason) => made.downs.push(`${world.monotonicMs()} ${reason}`),
    });
    await world.advance(100);
    return made;
  };
  return { world, network, client };
}

const send = (client: Client, number: number, qos: 0 | 1 = 1): Promise<string> =>
  client.bus.publish({ topic: 't/n', payload: Uint8Array.of(number), qos }).then(
    () => 'sent',
    (error: { failure: BusFailure }) => error.failure.code,
  );

test('a message takes the delay of both links, to the millisecond', async () => {
  const { world, network, client } = makeWorld(1);
  const receiver = await client('receiver', ['t/#']);
  const sender = await client('sender', []);
  network.setQuality('sender', { delayMs: 30 });
  network.setQuality('receiver', { delayMs: 12 });
  void send(sender, 1);
  await world.advance(41);
  expect(receiver.heard).toEqual([]);
  await world.advance(1);
  expect(receiver.heard).toEqual(['t/n:1']);
});

test('a cut is silent: noticed by keepalive at both ends, and only then the will is published', async () => {
  const { world, network, client } = makeWorld(1);
  const control = await client('control', ['will/#']);
  const site = await client('site', []);
  const cutMs = world.monotonicMs();
  network.cut('site');
  const first = send(site, 1);
  await world.advance(10_000);
  expect(await first).toBe('publish_unacknowledged');
  await world.advance(5_000);
  const second = send(site, 2);
  await world.runUntil(cutMs + 22_499);
  expect({ downs: site.downs, heard: control.heard }).toEqual({ downs: [], heard: [] });
  await world.advance(1);
  expect(await second).toBe('bus_down');
  expect(site.downs).toEqual([`${cutMs + 22_500} keepalive ran out`]);
  await world.advance(5);
  expect(control.heard).toEqual(['will/site:0']);
});

test('a link restored before anyone noticed has only been slow', async () => {
  const { world, network, client } = makeWorld(1);
  const receiver = await client('receiver', ['t/#']);
  const sender = await client('sender', []);
  network.cut('sender', 'receiver');
  const outcomes = [send(sender, 1), send(sender, 2, 0), send(sender, 3)];
  await world.advance(9_000);
  expect(receiver.heard).toEqual([]);
  network.restore('sender', 'receiver');
  await world.advance(100_000);
  expect(receiver.heard).toEqual(['t/n:1', 't/n:2', 't/n:3']);
  expect(await Promise.all(outcomes)).toEqual(['sent', 'sent', 'sent']);
  expect([...sender.downs, ...receiver.downs]).toEqual([]);
});

test('while a link stays cut its client keeps trying, and is back soon after the repair', async () => {
  const { world, network, client } = makeWorld(1);
  const site = await client('site', []);
  network.cut('site');
  await world.advance(3_600_000);
  expect(site.downs.length).toBeGreaterThan(5);
  expect(site.downs.at(-1)).toContain('no answer to CONNECT');
  network.restore('site');
  await world.advance(310_000);
  expect(site.bus.isUp).toBe(true);
});

test('loss takes QoS 0 messages and delays QoS 1, in order; duplicates come of QoS 1 alone', async () => {
  const { world, network, client } = makeWorld(2);
  const receiver = await client('receiver', ['t/#']);
  const sender = await client('sender', []);
  network.setQuality('sender', { lossRate: 0.3, jitterMs: 20 });
  network.setQuality('receiver', { duplicateRate: 0.2, jitterMs: 20 });
  const numbers = Array.from({ length: 200 }, (_, at) => at);
  for (const number of numbers) void send(sender, number, 0);
  await world.advance(60_000);
  const unreliable = receiver.heard.splice(0);
  expect(unreliable.length).toBeGreaterThan(100);
  expect(unreliable.length).toBeLessThan(180);
  expect(new Set(unreliable).size).toBe(unreliable.length);

  const acks = numbers.map((number) => send(sender, number));
  await world.advance(60_000);
  expect(new Set(await Promise.all(acks))).toEqual(new Set(['sent']));
  expect(receiver.heard.length).toBeGreaterThan(210);
  expect([...new Set(receiver.heard)]).toEqual(numbers.map((number) => `t/n:${number}`));
});

test('what is overtaken arrives all the same, each once, and not in its order', async () => {
  const { world, network, client } = makeWorld(4);
  const receiver = await client('receiver', ['t/#']);
  const sender = await client('sender', []);
  network.setQuality('sender', { reorderRate: 0.5 });
  const numbers = Array.from({ length: 100 }, (_, at) => at);
  const acks = numbers.map((number) => send(sender, number));
  await world.advance(5_000);
  expect(new Set(await Promise.all(acks))).toEqual(new Set(['sent']));
  const sent = numbers.map((number) => `t/n:${number}`);
  expect(receiver.heard).not.toEqual(sent);
  expect(receiver.heard.toSorted()).toEqual(sent.toSorted());
  // One that is on its way when the link is cut waits, as the others do.
  void send(sender, 100);
  network.cut('sender');
  await world.advance(2_000);
  expect(receiver.heard).toHaveLength(100);
  network.restore('sender');
  await world.advance(2_000);
  expect(receiver.heard).toHaveLength(101);
});

test('a QoS 1 message that was lost comes again later, and all after it wait for it', async () => {
  const { world, network, client } = makeWorld(1);
  const receiver = await client('receiver', ['t/#']);
  const sender = await client('sender', []);
  network.setQuality('sender', { lossRate: 1 });
  void send(sender, 1);
  network.setQuality('sender', { lossRate: 0 });
  void send(sender, 2);
  await world.advance(209);
  expect(receiver.heard).toEqual([]);
  await world.advance(1);
  expect(receiver.heard).toEqual(['t/n:1', 't/n:2']);
});

test.each([
  ['stop', []],
  ['crash', ['will/site:0']],
] as const)(
  'after %s a client hears nothing, and the will is %j, whatever breaks later',
  async (leave, will) => {
    const { world, network, client } = makeWorld(1);
    const witness = await client('witness', ['will/#']);
    const site = await client('site', ['t/#']);
    const sender = await client('sender', []);
    void send(sender, 1);
    await world.advance(7);
    const left = leave === 'stop' ? site.bus.stop() : network.crash('site');
    await world.advance(100);
    await left;
    network.reset('site');
    await world.advance(400_000);
    expect({ heard: site.heard, downs: site.downs, up: site.bus.isUp }).toEqual({
      heard: [],
      downs: [],
      up: false,
    });
    expect(witness.heard).toEqual(will);
  },
);

test('a stop that a break overtakes ends with it, and leaves the will', async () => {
  const { world, network, client } = makeWorld(1);
  const witness = await client('witness', ['will/#']);
  const site = await client('site', []);
  const startMs = world.monotonicMs();
  network.reset('site');
  await world.run(() => site.bus.stop());
  expect(world.monotonicMs()).toBe(startMs);
  await world.advance(100);
  expect({ heard: witness.heard, downs: site.downs }).toEqual({
    heard: ['will/site:0'],
    downs: [],
  });
});

test.each(['stop', 'crash'] as const)(
  'a client that is down and told to %s stays away',
  async (leave) => {
    const { world, network, client } = makeWorld(1);
    const site = await client('site', []);
    network.reset('site');
    await world.settle();
    expect(site.downs).toHaveLength(1);
    await (leave === 'stop' ? site.bus.stop() : network.crash('site'));
    await world.advance(400_000);
    expect(site.bus.isUp).toBe(false);
  },
);

test('the same seed gives the same losses at the same times, another seed others', async () => {
  const trace = async (seed: number): Promise<string> => {
    const { world, network, client } = makeWorld(seed);
    const receiver = await client('receiver', ['t/#']);
    const sender = await client('sender', []);
    network.setQuality('sender', { lossRate: 0.3, jitterMs: 50 });
    const lines: string[] = [];
    for (let number = 0; number < 100; number += 1) {
      void send(sender, number, 0);
      await world.advance(20);
      lines.push(receiver.heard.join(' '));
    }
    return lines.join('\n');
  };
  expect(await trace(7)).toBe(await trace(7));
  expect(await trace(8)).not.toBe(await trace(7));
});

test('what is not granted ends the connection, as at the embedded broker', async () => {
  const { world, client } = makeWorld(1);
  const grants = { publish: ['other', 'will/site'], subscribe: ['t/own'] };
  const site = await client('site', ['t/own'], grants);
  const witness = await client('witness', ['#']);
  const outcome = send(site, 1);
  await world.advance(100);
  expect(await outcome).toBe('bus_down');
  expect(witness.heard).toEqual(['will/site:0']);

  const greedy = await client('greedy', ['t/#'], { publish: ['#'], subscribe: ['t/own'] });
  expect(greedy.bus.isUp).toBe(false);
  expect(greedy.downs[0]).toContain('refused by the broker');
  const haunted = await client('haunted', [], { publish: [], subscribe: [] });
  expect(haunted.bus.isUp).toBe(false);
});

test('a newer connection of the same client takes over, and the older one’s will is published', async () => {
  const { world, network, client } = makeWorld(1);
  const witness = await client('witness', ['will/#', 't/#']);
  const older = await client('site', []);
  const newer = await client('site', []);
  await world.advance(50);
  expect(older.downs[0]).toContain('taken over');
  expect(witness.heard).toEqual(['will/site:0']);
  await older.bus.stop();
  await world.run(() => send(newer, 1));
  network.reset('site');
  await world.advance(20_000);
  expect(witness.heard.filter((each) => each === 't/n:1')).toHaveLength(1);
});

test('a crashed client leaves its will, calls nobody back and does not return by itself', async () => {
  const { world, network, client } = makeWorld(1);
  const witness = await client('witness', ['will/#']);
  const site = await client('site', []);
  const inFlight = send(site, 1);
  network.crash('site');
  await world.advance(600_000);
  expect(await inFlight).toBe('bus_down');
  expect({ heard: witness.heard, downs: site.downs, up: site.bus.isUp }).toEqual({
    heard: ['will/site:0'],
    downs: [],
    up: false,
  });
});

test('a broker that restarts resets all, publishes no will, has kept nothing, and all come back', async () => {
  const { world, network, client } = makeWorld(1);
  const receiver = await client('receiver', ['t/#', 'will/#']);
  const sender = await client('sender', []);
  void sender.bus.publish({ topic: 't/n', payload: Uint8Array.of(1), qos: 1, retain: true });
  await world.advance(100);
  const restartMs = world.monotonicMs();
  network.restartBroker();
  await world.advance(1);
  for (const { bus, downs } of [receiver, sender]) {
    expect(bus.isUp).toBe(false);
    expect(downs).toEqual([`${restartMs} the broker has ended`]);
  }
  await world.advance(60_000);
  expect(receiver.heard).toEqual(['t/n:1']);
  const again = send(sender, 2);
  await world.advance(100);
  expect(await again).toBe('sent');
  expect(receiver.heard).toEqual(['t/n:1', 't/n:2']);
});

test('a broker that has ended lets nobody in, and is asked ever less often; started again, all come back', async () => {
  const { world, network, client } = makeWorld(1);
  const clients = [await client('a', []), await client('b', []), await client('c', [])];
  network.stopBroker();
  await world.advance(60_000);
  expect(clients.map(({ bus }) => bus.isUp)).toEqual([false, false, false]);
  const asked = network.connects - clients.length;
  expect(asked).toBeGreaterThan(3 * 3);
  expect(asked).toBeLessThan(3 * 12);
  network.startBroker();
  await world.advance(128_000);
  expect(clients.map(({ bus }) => bus.isUp)).toEqual([true, true, true]);
});

test('what a sender does to its buffer after publishing changes nothing', async () => {
  const { world, client } = makeWorld(1);
  const receiver = await client('receiver', ['t/#']);
  const sender = await client('sender', []);
  const payload = Uint8Array.of(1);
  void sender.bus.publish({ topic: 't/n', payload, qos: 0 });
  payload[0] = 9;
  await world.advance(100);
  expect(receiver.heard).toEqual(['t/n:1']);
});

test('stopping on a cut link ends in time, and the broker takes it for a break', async () => {
  const { world, network, client } = makeWorld(1);
  const witness = await client('witness', ['will/#']);
  const site = await client('site', []);
  network.cut('site');
  const startMs = world.monotonicMs();
  await world.run(() => site.bus.stop());
  expect(world.monotonicMs() - startMs).toBe(2_000);
  await world.advance(60_000);
  expect({ heard: witness.heard, downs: site.downs }).toEqual({
    heard: ['will/site:0'],
    downs: [],
  });
});
