import { Socket } from 'node:net';
import { type LogFields, seededRng, silentLogger } from '@tieline/kernel';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { BusMessage, MessageBus } from '../message-bus.ts';
import { type Broker, startBroker } from './broker.ts';
import { CONNACK, fakeBroker, suback } from './fake-broker.ts';
import { type LinkProxy, startLinkProxy } from './link-proxy.ts';
import { type MqttBusOptions, mqttBus } from './mqtt-bus.ts';
import { publishBytes, RawConnection, subscribeBytes } from './raw-mqtt.ts';

const TOKEN = 'a-token-of-at-least-thirty-two-characters';

/** A client and what happened to it. */
class Watched {
  readonly bus: MessageBus;
  readonly downs: string[] = [];
  readonly messages: BusMessage[] = [];
  ups = 0;
  #changed = (): void => {};

  constructor(url: string, subscriptions: string[] = [], more: Partial<MqttBusOptions> = {}) {
    this.bus = mqttBus({
      url,
      clientId: 'site-1',
      token: TOKEN,
      rng: seededRng(3),
      logger: silentLogger,
      reconnect: { baseMs: 2, maxMs: 8 },
      ...more,
    });
    onTestFinished(() => this.bus.stop());
    this.bus.start({
      subscriptions,
      onMessage: (message) => {
        this.messages.push(message);
        this.#changed();
      },
      onUp: () => {
        this.ups += 1;
        this.#changed();
      },
      onDown: (reason) => {
        this.downs.push(reason);
        this.#changed();
      },
    });
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}

async function brokerAndLink(): Promise<{ broker: Broker; link: LinkProxy; url: string }> {
  const grants = { publish: ['t/1'], subscribe: ['t/#'] };
  const clients = ['site-1', 'site-2'].map((clientId) => ({ clientId, token: TOKEN, grants }));
  const broker = await startBroker({ host: '127.0.0.1', port: 0, clients, logger: silentLogger });
  const link = await startLinkProxy(broker);
  onTestFinished(async () => {
    await link.close();
    await broker.close();
  });
  return { broker, link, url: `mqtt://127.0.0.1:${link.port}` };
}

async function fakeUrl(talk: (socket: Socket) => void): Promise<string> {
  const fake = await fakeBroker(talk);
  onTestFinished(fake.close);
  return `mqtt://127.0.0.1:${fake.port}`;
}

const message = (topic: string, qos: 0 | 1 = 1) => ({
  topic,
  payload: new Uint8Array([1, 2, 3]),
  qos,
});

test('a PUBACK that never comes rejects in time, and leaves nothing behind', async () => {
  const { link, url } = await brokerAndLink();
  const client = new Watched(url, ['t/1'], { ackTimeoutMs: 300 });
  await client.until(() => client.ups === 1);
  link.stall();
  await expect(client.bus.publish(message('t/1'))).rejects.toMatchObject({
    failure: { code: 'publish_unacknowledged', afterMs: 300 },
  });
  link.restore();
  await client.until(() => client.messages.length === 1);
  await client.bus.publish(message('t/1'));
  expect(client.downs).toEqual([]);
});

test('a message that the broker denies is rejected once and never sent again', async () => {
  const { broker, url } = await brokerAndLink();
  const client = new Watched(url, ['t/1']);
  await client.until(() => client.ups === 1);
  await expect(client.bus.publish(message('t/forbidden'))).rejects.toMatchObject({
    code: 'bus_down',
  });
  await client.until(() => client.ups === 2);
  await client.bus.publish(message('t/1'));
  await client.until(() => client.messages.length === 1);
  expect(broker.stats().refused.get('publish_denied')).toBe(1);
  expect(client.downs).toHaveLength(1);
});

test('it waits for the broker to appear, and says of each attempt why it failed', async () => {
  const { link, url } = await brokerAndLink();
  link.cut();
  const client = new Watched(url);
  await client.until(() => client.downs.length === 4);
  link.restore();
  await client.until(() => client.ups === 1);
  expect(client.downs.every((reason) => reason.length > 0)).toBe(true);
});

test('its waits are drawn, double, are kept, and start over once a connection held', async () => {
  const { link, url } = await brokerAndLink();
  const waitsMs: unknown[] = [];
  const warn = (_event: string, fields: LogFields = {}): void => {
    waitsMs.push(fields['retryInMs']);
  };
  const halves = { ...seededRng(1).stream('rest'), uniform: () => 0.5 };
  link.cut();
  const startMs = performance.now();
  const client = new Watched(url, [], {
    rng: { stream: () => halves },
    reconnect: { baseMs: 40, maxMs: 100 },
    logger: { ...silentLogger, warn },
  });
  await client.until(() => client.downs.length === 4);
  // A timer may fire a little before its time.
  expect(performance.now() - startMs).toBeGreaterThan(20 + 40 + 50 - 5);
  link.restore();
  await client.until(() => client.ups === 1);
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 400);
  onTestFinished(() => clock.mockRestore());
  link.reset();
  await client.until(() => client.downs.length === 5);
  expect(waitsMs).toEqual([20, 40, 50, 50, 20]);
});

test('a link that falls silent is noticed by keepalive, though nobody closes it', async () => {
  const { link, url } = await brokerAndLink();
  const client = new Watched(url, [], { keepaliveS: 1 });
  await client.until(() => client.ups === 1);
  link.stall();
  await client.until(() => client.downs.length === 1);
  expect(client.bus.isUp).toBe(false);
});

test.each([
  ['nothing at all', 'connack timeout', () => {}],
  [
    'CONNACK and then nothing',
    'SUBACK did not come in time',
    (socket: Socket) => socket.once('data', () => socket.write(CONNACK)),
  ],
])('a broker that answers %s is given up in time', async (_what, reason, talk) => {
  const url = await fakeUrl(talk);
  const startMs = performance.now();
  const client = new Watched(url, ['t/1'], { connectTimeoutMs: 50 });
  await client.until(() => client.downs.length === 2);
  expect(client.downs).toEqual([reason, reason]);
  expect(client.ups).toBe(0);
  // MQTT.js would wait for half a minute, and keepalive for 22 seconds.
  expect(performance.now() - startMs).toBeLessThan(10_000);
});

test('one subscription that is refused in SUBACK is no connection', async () => {
  const url = await fakeUrl((socket) => {
    socket.once('data', () => {
      socket.write(CONNACK);
      socket.once('data', (subscribe) => socket.write(suback(subscribe, 1, 0x80)));
    });
  });
  const client = new Watched(url, ['t/1', 't/2']);
  await client.until(() => client.downs.length === 1);
  expect(client.ups).toBe(0);
  expect(client.downs[0]).toContain('Subscribe error');
});

test('a broker that sends a packet above the bound is cut off at its header', async () => {
  const url = await fakeUrl((socket) => {
    socket.once('data', () => {
      socket.write(CONNACK);
      socket.once('data', (subscribe) => {
        const announced = Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]);
        socket.write(Buffer.concat([suback(subscribe, 1), announced]));
      });
    });
  });
  const client = new Watched(url, ['t/1']);
  await client.until(() => client.downs.length === 1);
  expect(client.downs[0]).toMatch(/packet_too_large|connection closed/);
});

test('it stops in bounded time while messages are in flight on a silent link', async () => {
  const { link, url } = await brokerAndLink();
  const client = new Watched(url);
  await client.until(() => client.ups === 1);
  link.stall();
  const inFlight = client.bus.publish(message('t/1'));
  const rejected = expect(inFlight).rejects.toMatchObject({ code: 'bus_down' });
  await client.bus.stop();
  await rejected;
  expect(client.downs).toEqual([]);
});

test('a message given up does not hold up an orderly stop', async () => {
  const seen: number[] = [];
  const url = await fakeUrl((socket) => {
    socket.on('data', (chunk) => {
      seen.push(chunk[0]!);
      if (chunk[0] === 0x10) socket.write(CONNACK);
    });
  });
  const client = new Watched(url, [], { ackTimeoutMs: 20 });
  await client.until(() => client.ups === 1);
  await expect(client.bus.publish(message('t/1'))).rejects.toMatchObject({
    code: 'publish_unacknowledged',
  });
  const startMs = performance.now();
  await client.bus.stop();
  expect(performance.now() - startMs).toBeLessThan(1_000);
  expect(seen).toEqual([0x10, 0x32, 0xe0]);
});

test('once stopped while down, it does not come back', async () => {
  const timers = (): number =>
    process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
  const before = timers();
  const client = new Watched('mqtt://127.0.0.1:1', [], {
    reconnect: { baseMs: 600_000, maxMs: 600_000 },
  });
  await client.until(() => client.downs.length === 1);
  expect(timers()).toBe(before + 1);
  await client.bus.stop();
  expect(timers()).toBe(before);
});

test('stopping while the broker owes a SUBACK says DISCONNECT all the same', async () => {
  const seen: number[] = [];
  const { promise: subscribed, resolve: onSubscribe } = Promise.withResolvers<void>();
  const url = await fakeUrl((socket) => {
    socket.on('data', (chunk) => {
      seen.push(chunk[0]!);
      if (chunk[0] === 0x10) socket.write(CONNACK);
      if (chunk[0] === 0x82) onSubscribe();
    });
  });
  const client = new Watched(url, ['t/1']);
  await subscribed;
  await client.bus.stop();
  expect(seen).toEqual([0x10, 0x82, 0xe0]);
  expect(client.downs).toEqual([]);
});

test('stopping before the broker has answered CONNECT ends the attempt', async () => {
  const { promise: dialled, resolve: onDial } = Promise.withResolvers<void>();
  const url = await fakeUrl(() => onDial());
  const client = new Watched(url);
  await dialled;
  await client.bus.stop();
  expect({ ups: client.ups, downs: client.downs }).toEqual({ ups: 0, downs: [] });
});

test('MQTT bytes on the wire: version 3.1.1, clean session, QoS 1 subscriptions', async () => {
  const seen: Buffer[] = [];
  const { promise: subscribed, resolve: onSubscribe } = Promise.withResolvers<void>();
  const url = await fakeUrl((socket) => {
    socket.on('data', (chunk) => {
      seen.push(chunk);
      if (seen.length === 1) socket.write(CONNACK);
      else onSubscribe();
    });
  });
  new Watched(url, ['t/1']);
  await subscribed;
  const [connect, subscribe] = seen;
  expect(connect?.subarray(2, 10).toString('latin1')).toBe('\0\u0004MQTT\u0004\u00c2');
  expect(subscribe?.at(-1)).toBe(1);
});

test('a message leaves at once, however many are made behind it in the same turn', async () => {
  const { url } = await brokerAndLink();
  const client = new Watched(url);
  await client.until(() => client.ups === 1);
  const write = vi.spyOn(Socket.prototype, 'write');
  const sent = client.bus.publish({ topic: 't/1', payload: Uint8Array.of(7), qos: 1 });
  expect(write).toHaveBeenCalledTimes(1);
  write.mockRestore();
  await sent;
});

test('what another client publishes arrives as a plain byte array', async () => {
  const { broker, url } = await brokerAndLink();
  const client = new Watched(url, ['t/1']);
  await client.until(() => client.ups === 1);
  const other = await RawConnection.open(broker.port);
  await other.connect({ clientId: 'site-2', token: TOKEN });
  other.send(subscribeBytes(['t/1']));
  other.send(publishBytes({ topic: 't/1', payload: 'hello' }));
  await client.until(() => client.messages.length === 1);
  expect(client.messages[0]?.payload).toStrictEqual(new Uint8Array(Buffer.from('hello')));
  other.socket.destroy();
});

test.each(['', 'mqtts://127.0.0.1', 'http://127.0.0.1', 'mqtt://', '127.0.0.1:1883'])(
  'a URL that is not mqtt://host:port is refused: %s',
  (url) => {
    const make = (): MessageBus =>
      mqttBus({ url, clientId: 'a', rng: seededRng(1), logger: silentLogger });
    expect(make).toThrow(TypeError);
  },
);
