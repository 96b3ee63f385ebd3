import { once } from 'node:events';
import { createServer, Server } from 'node:net';
import { seededRng, silentLogger } from '@tieline/kernel';
import { Aedes, type Client } from 'aedes';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { BrokerClient } from '../broker-clients.ts';
import { GRANT_ALL } from '../grants.ts';
import type { BrokerRefusal } from '../refusals.ts';
import { type Broker, type BrokerLimits, startBroker } from './broker.ts';
import { mqttBus } from './mqtt-bus.ts';
import {
  type ConnectFields,
  DISCONNECT_BYTES,
  publishBytes,
  RawConnection,
  subscribeBytes,
} from './raw-mqtt.ts';

const token = (clientId: string): string => `${clientId}-`.padEnd(40, 'secret');
const CLIENTS: readonly BrokerClient[] = [
  {
    clientId: 'site-1',
    token: token('site-1'),
    grants: { publish: ['t/site-1/up/+'], subscribe: ['t/site-1/down/#'] },
  },
  {
    clientId: 'site-2',
    token: token('site-2'),
    grants: { publish: ['t/site-2/up/+'], subscribe: ['t/site-2/down/#'] },
  },
  { clientId: 'control', token: token('control'), grants: GRANT_ALL },
];
const LIMITS: Partial<BrokerLimits> = {
  retainedTopicsMax: 2,
  retainedBytesMax: 1_000,
  connectionsMax: 20,
};

let broker: Broker;
let opened: RawConnection[] = [];

beforeEach(async () => {
  broker = await startBroker({
    host: '127.0.0.1',
    port: 0,
    clients: CLIENTS,
    logger: silentLogger,
    limits: LIMITS,
  });
});
afterEach(async () => {
  for (const raw of opened) raw.socket.destroy();
  opened = [];
  await broker.close();
});

async function open(): Promise<RawConnection> {
  const raw = await RawConnection.open(broker.port);
  opened.push(raw);
  return raw;
}

async function connected(
  clientId: string,
  more: Partial<ConnectFields> = {},
): Promise<RawConnection> {
  const raw = await open();
  expect(await raw.connect({ clientId, token: token(clientId), ...more })).toBe(0);
  return raw;
}

/** The control plane, subscribed to everything: what arrives there went through the broker. */
async function listener(): Promise<RawConnection> {
  const raw = await connected('control');
  raw.send(subscribeBytes(['#']));
  await raw.atLeast(4 + 5);
  return raw;
}

const refused = (reason: BrokerRefusal): number => broker.stats().refused.get(reason) ?? 0;
const heard = (raw: RawConnection): string => raw.received.toString('latin1');

/** All that `raw` has heard by the time a message sent after the deed has come through. */
async function heardAfter(raw: RawConnection): Promise<string> {
  const marker = `marker-${raw.received.length}`;
  const sender = await connected('site-2');
  sender.send(publishBytes({ topic: 't/site-2/up/marker', payload: marker }));
  await raw.until((received) => received.includes(marker));
  return heard(raw);
}

describe('who may connect', () => {
  test('a client with its own token, and nobody else', async () => {
    await connected('site-1');
    for (const wrong of [
      { clientId: 'site-1', token: token('site-2') },
      { clientId: 'site-1', token: '' },
      { clientId: 'nobody', token: token('nobody') },
      { clientId: '__proto__', token: '' },
    ]) {
      expect(await (await open()).connect(wrong), JSON.stringify(wrong)).toBe(5);
    }
    expect(refused('credentials_bad')).toBe(4);
  });

  test('nobody takes over the client id of another, whose connection stays', async () => {
    const present = await connected('site-1');
    const thief = await open();
    const theft = { clientId: 'site-1', username: 'site-2', token: token('site-2') };
    expect(await thief.connect(theft)).toBe(5);
    present.send(publishBytes({ topic: 't/site-1/up/a', qos: 1 }));
    expect((await present.atLeast(8))[4]).toBe(0x40);
    expect(refused('client_id_foreign')).toBe(1);
  });

  test.each([
    ['session_not_clean', { clean: false }],
    ['protocol_version', { version: 3 }],
    ['keepalive_out_of_range', { keepaliveS: 0 }],
    ['keepalive_out_of_range', { keepaliveS: 3_600 }],
    ['will_denied', { will: { topic: 't/site-2/up/a' } }],
    ['will_denied', { will: { topic: 't/site-1/up/a', qos: 2 } }],
    ['will_denied', { will: { topic: 't/site-1/up/a', retain: true } }],
    ['will_denied', { will: { topic: 't/site-1/up/+' } }],
    ['will_denied', { will: { topic: '$SYS/x/disconnect/clients' } }],
  ] as const)('refused at CONNECT: %s %o', async (reason, fields) => {
    const raw = await open();
    const code = await raw.connect({ clientId: 'site-1', token: token('site-1'), ...fields });
    expect(code).not.toBe(0);
    await raw.ended();
    expect(refused(reason)).toBe(1);
  });

  test('a connection that does not say CONNECT in time is ended', async () => {
    await broker.close();
    broker = await startBroker({
      host: '127.0.0.1',
      port: 0,
      clients: CLIENTS,
      logger: silentLogger,
      limits: { connectTimeoutMs: 50 },
    });
    const startMs = performance.now();
    const raw = await open();
    await raw.ended();
    expect(refused('connect_timeout')).toBe(1);
    // Of its own, aedes would wait for half a minute.
    expect(performance.now() - startMs).toBeLessThan(10_000);
  });

  test('connections beyond the bound are dropped and counted', async () => {
    const all = await Promise.all(Array.from({ length: 25 }, open));
    await Promise.race(all.map((raw) => raw.ended()));
    await expect.poll(() => refused('connections_full')).toBe(5);
  });

  test('a client whose keepalive runs out is ended, and its will published', async () => {
    const witness = await listener();
    const will = { topic: 't/site-1/up/will', payload: 'silent' };
    await (await connected('site-1', { keepaliveS: 1, will })).ended();
    expect(await heardAfter(witness)).toContain('silent');
    expect(refused('keepalive_lost')).toBe(1);
  });
});

test('a client that hangs up right behind its DISCONNECT is heard out, and leaves no will', async () => {
  const witness = await listener();
  const will = { topic: 't/site-1/up/will', payload: 'dead' };
  const leaving = await connected('site-1', { will });
  const last = publishBytes({ topic: 't/site-1/up/a', payload: 'last words'.padEnd(200) });
  leaving.socket.end(Buffer.concat([...Array<Buffer>(2_000).fill(last), DISCONNECT_BYTES]));
  await leaving.ended();
  const all = await heardAfter(witness);
  expect(all.split('last words')).toHaveLength(2_001);
  expect(all).not.toContain('dead');
});

describe('what a client may publish', () => {
  test.each([
    ['publish_denied', { topic: 't/site-2/up/a' }],
    ['publish_denied', { topic: 't/site-1/down/a' }],
    ['publish_denied', { topic: 't/site-1/up/a/b' }],
    ['retain_denied', { topic: 't/site-1/up/a', retain: true }],
    ['qos_2', { topic: 't/site-1/up/a', qos: 2 }],
    ['topic_invalid', { topic: '$SYS/x/disconnect/clients' }],
    ['topic_invalid', { topic: `t/site-1/up/${'a'.repeat(300)}` }],
  ] as const)('refused, and the connection ended: %s %o', async (reason, publication) => {
    const witness = await listener();
    const raw = await connected('site-1');
    raw.send(publishBytes({ ...publication, payload: 'forbidden' }));
    await raw.ended();
    expect(refused(reason)).toBe(1);
    expect(await heardAfter(witness)).not.toContain('forbidden');
  });

  test('even a client that may do everything cannot reach $SYS, where aedes takes commands', async () => {
    const control = await connected('control');
    control.send(publishBytes({ topic: '$SYS/any/new/clients', payload: 'site-1' }));
    await control.ended();
    expect(refused('topic_invalid')).toBe(1);
  });

  test('a will passes the same gate again when the connection breaks', async () => {
    // The hooks as aedes would call them for a will that slipped in: no path of the wire leads there.
    const hooks = vi.spyOn(Aedes, 'createBroker');
    onTestFinished(() => hooks.mockRestore());
    const own = await startBroker({
      host: '127.0.0.1',
      port: 0,
      clients: CLIENTS,
      logger: silentLogger,
    });
    const aedes = await hooks.mock.results[0]?.value;
    const denied = await new Promise<unknown>((resolve) => {
      const client = { id: 'site-1' } as Client;
      const will = { cmd: 'publish', topic: 't/site-2/up/a', payload: '', qos: 1, retain: false };
      aedes.authorizePublish(client, { ...will, dup: false }, resolve);
    });
    expect(denied).toBeInstanceOf(Error);
    await own.close();
  });

  test('retained messages are bounded in number and in bytes, and room comes back', async () => {
    const keep = (topic: string, payload: string) =>
      publishBytes({ topic, payload, qos: 1, retain: true });
    const control = await connected('control');
    for (const bytes of [keep('k/1', 'a'), keep('k/2', 'b'), keep('k/1', ''), keep('k/3', 'c')]) {
      control.send(bytes);
    }
    await control.atLeast(4 + 4 * 4);
    control.send(keep('k/4', 'd'));
    await control.ended();
    const again = await connected('control');
    again.send(keep('k/3', 'x'.repeat(1_001)));
    await again.ended();
    expect(refused('retained_full')).toBe(2);
  });
});

describe('what a client may receive', () => {
  test.each([
    ['subscribe_denied', ['t/site-2/down/#'], 1],
    ['subscribe_denied', ['#'], 1],
    ['subscribe_denied', ['t/+/down/#'], 1],
    ['subscribe_denied', ['t/site-1/#'], 1],
    ['subscribe_denied', ['t/site-1/down/a', 't/site-2/down/a'], 1],
    ['qos_2', ['t/site-1/down/a'], 2],
    ['topic_invalid', ['$SYS/#'], 1],
  ] as const)('refused, and the connection ended: %s %o', async (reason, filters, qos) => {
    const raw = await connected('site-1');
    raw.send(subscribeBytes(filters, qos));
    expect((await raw.ended()).length).toBe(4);
    expect(refused(reason)).toBe(1);
  });

  test('a filter that is contained in a grant is granted', async () => {
    const raw = await connected('site-1');
    raw.send(subscribeBytes(['t/site-1/down', 't/site-1/down/+/x', 't/site-1/down/#']));
    const suback = await raw.atLeast(4 + 7);
    expect([...suback.subarray(4)]).toEqual([0x90, 5, 0, 9, 1, 1, 1]);
  });

  test('what is not granted is not handed over, even where a subscription slipped in', async () => {
    const hooks = vi.spyOn(Aedes, 'createBroker');
    onTestFinished(() => hooks.mockRestore());
    const own = await startBroker({
      host: '127.0.0.1',
      port: 0,
      clients: CLIENTS,
      logger: silentLogger,
    });
    const aedes: Aedes = await hooks.mock.results[0]?.value;
    const ready = once(aedes as NodeJS.EventEmitter, 'clientReady');
    const raw = await RawConnection.open(own.port);
    await raw.connect({ clientId: 'site-1', token: token('site-1') });
    const [client] = (await ready) as [Client];
    const stolen = { cmd: 'publish', topic: 't/site-2/down/a', payload: 'stolen', qos: 0 } as const;
    const slip = vi.spyOn(aedes, 'authorizeSubscribe');
    slip.mockImplementation((_client, subscription, done) => done(null, subscription));
    await new Promise<void>((resolve) =>
      client.subscribe([{ topic: '#', qos: 0 }], () => resolve()),
    );
    for (const topic of [stolen.topic, 't/site-1/down/a']) {
      const payload = topic === stolen.topic ? 'stolen' : 'own';
      aedes.publish({ ...stolen, topic, payload, dup: false, retain: false }, () => {});
    }
    await raw.until((received) => received.includes('own'));
    expect(heard(raw)).not.toContain('stolen');
    expect(own.stats().refused.get('forward_denied')).toBe(1);
    raw.socket.destroy();
    await own.close();
  });
});

describe('what a client may send at all', () => {
  test('a stranger is cut at the header of a packet above 4 KiB, before it is buffered', async () => {
    const raw = await open();
    const announced = 4_097 - 3;
    raw.send(Buffer.from([0x10, (announced & 0x7f) | 0x80, announced >> 7]));
    await raw.ended();
    expect(refused('packet_too_large')).toBe(1);
  });

  test('what a client sends right behind CONNECT, as MQTT allows, is taken once it is known', async () => {
    const witness = await listener();
    const large = publishBytes({ topic: 't/site-1/up/a', payload: 'early'.padEnd(5_000), qos: 1 });
    // More of them than aedes would queue, and than one chunk holds.
    const behind = Buffer.concat(Array<Buffer>(50).fill(large));
    const stranger = await open();
    const wrong = { clientId: 'site-1', token: token('site-2') };
    expect(await stranger.connect(wrong, large)).toBe(5);
    expect(await heardAfter(witness)).not.toContain('early');
    const known = await open();
    expect(await known.connect({ clientId: 'site-1', token: token('site-1') }, behind)).toBe(0);
    await known.atLeast(4 + 50 * 4);
    expect((await heardAfter(witness)).split('early')).toHaveLength(51);
    expect(refused('packet_too_large')).toBe(0);
  });

  test('a known client may send up to 256 KiB, and is cut above', async () => {
    const witness = await listener();
    const control = await connected('site-1');
    const payload = 'y'.repeat(262_144 - 21);
    const largest = publishBytes({ topic: 't/site-1/up/a', payload, qos: 1 });
    expect(largest.length).toBe(262_144);
    control.send(largest);
    await witness.atLeast(262_144);
    control.send(publishBytes({ topic: 't/site-1/up/a', payload: `${payload}y`, qos: 1 }));
    await control.ended();
    expect(refused('packet_too_large')).toBe(1);
  });

  test('random bytes, from strangers and from known clients, hurt nobody else', async () => {
    const witness = await listener();
    const noise = seededRng(11).stream('noise');
    for (let round = 0; round < 150; round += 1) {
      const raw = round % 2 === 0 ? await open() : await connected('site-1');
      raw.send(noise.bytes(1 + noise.below(200)));
      raw.socket.end();
      await raw.ended();
    }
    expect(await heardAfter(witness)).toContain('marker');
  });

  test('a client that does not read is cut, so that the others are served', async () => {
    await broker.close();
    broker = await startBroker({
      host: '127.0.0.1',
      port: 0,
      clients: CLIENTS,
      logger: silentLogger,
      limits: { drainTimeoutMs: 200 },
    });
    const deaf = await listener();
    deaf.socket.pause();
    const sender = await connected('site-1');
    const flood = publishBytes({ topic: 't/site-1/up/a', payload: 'z'.repeat(200_000), qos: 1 });
    let acks = 0;
    while (refused('reader_slow') === 0 && acks < 1_000) {
      sender.send(flood);
      acks += 1;
      await sender.atLeast(4 + 4 * acks);
    }
    expect(refused('reader_slow')).toBe(1);
  });
});

describe('the broker itself', () => {
  test.each(['0.0.0.0', '::', '192.168.1.2', 'localhost', 'example.org', '1270.0.0.1', ''])(
    'without TLS it does not serve %s',
    async (host) => {
      const start = startBroker({ host, port: 0, clients: [], logger: silentLogger });
      await expect(start).rejects.toMatchObject({ code: 'broker_not_loopback' });
    },
  );

  test('a port that is taken is said, with the address', async () => {
    const taken = { host: '127.0.0.1', port: broker.port };
    const start = startBroker({ ...taken, clients: [], logger: silentLogger });
    await expect(start).rejects.toMatchObject({
      failure: { code: 'broker_listen_failed', ...taken },
    });
  });

  test.each([
    ['broker_token_weak', [{ clientId: 'a', token: 'password', grants: GRANT_ALL }]],
    ['broker_client_twice', [CLIENTS[0]!, CLIENTS[0]!]],
  ])('a bad list of clients is refused: %s', async (code, clients) => {
    const start = startBroker({ host: '127.0.0.1', port: 0, clients, logger: silentLogger });
    await expect(start).rejects.toMatchObject({ code });
  });

  test('it asks the system for a backlog above a thousand', async () => {
    const listen = vi.spyOn(Server.prototype, 'listen');
    onTestFinished(() => listen.mockRestore());
    const own = await startBroker({
      host: '127.0.0.1',
      port: 0,
      clients: [],
      logger: silentLogger,
    });
    expect(listen.mock.calls[0]?.[0]).toMatchObject({ backlog: 4_096 });
    await own.close();
  });

  test('a QoS 1 echo waits for no Nagle timer, at either end', async () => {
    const bus = mqttBus({
      url: broker.url,
      clientId: 'control',
      token: token('control'),
      rng: seededRng(1),
      logger: silentLogger,
    });
    let echoed = (): void => {};
    await new Promise<void>((onUp) =>
      bus.start({ subscriptions: ['e'], onMessage: () => echoed(), onUp, onDown() {} }),
    );
    const tookMs: number[] = [];
    for (let round = 0; round < 40; round += 1) {
      const startMs = performance.now();
      const echo = new Promise<void>((resolve) => {
        echoed = resolve;
      });
      await bus.publish({ topic: 'e', payload: new Uint8Array(100), qos: 1 });
      await echo;
      tookMs.push(performance.now() - startMs);
    }
    await bus.stop();
    // With Nagle's algorithm at one end, delayed acknowledgements make it 40 ms and more.
    expect(tookMs.sort((a, b) => a - b)[20]).toBeLessThan(20);
  });

  test('closing it ends every connection, also of strangers', async () => {
    const own = await startBroker({
      host: '127.0.0.1',
      port: 0,
      clients: CLIENTS,
      logger: silentLogger,
    });
    const stranger = await RawConnection.open(own.port);
    const known = await RawConnection.open(own.port);
    await known.connect({ clientId: 'site-1', token: token('site-1') });
    known.send(DISCONNECT_BYTES);
    await own.close();
    await Promise.all([stranger.ended(), known.ended()]);
    const reuse = createServer().listen(own.port, '127.0.0.1');
    await once(reuse, 'listening');
    reuse.close();
  });
});
