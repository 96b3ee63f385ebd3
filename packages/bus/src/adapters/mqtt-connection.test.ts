import type { Socket } from 'node:net';
import { MqttClient } from 'mqtt';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { BusSession } from '../message-bus.ts';
import { CONNACK, fakeBroker } from './fake-broker.ts';
import { MqttConnection } from './mqtt-connection.ts';

const SESSION: BusSession = { subscriptions: [], onMessage() {}, onUp() {}, onDown() {} };

async function connectTo(
  talk: (socket: Socket) => void,
): Promise<{ connection: MqttConnection; up: Promise<void> }> {
  const fake = await fakeBroker(talk);
  onTestFinished(fake.close);
  const { promise: up, resolve } = Promise.withResolvers<void>();
  const link = {
    host: '127.0.0.1',
    port: fake.port,
    clientId: 'site-1',
    token: undefined,
    keepaliveS: 15,
    connectTimeoutMs: 10_000,
    ackTimeoutMs: 10_000,
  };
  const connection = new MqttConnection(link, SESSION, { up: resolve, down() {} });
  onTestFinished(() => connection.close());
  return { connection, up };
}

test('MQTT.js queues nothing: before CONNACK a QoS 0 message is refused, not kept', async () => {
  const { connection } = await connectTo(() => {});
  const early = connection.publish({ topic: 't/1', payload: new Uint8Array(1), qos: 0 });
  const refused: Error = await early.then(
    () => expect.unreachable(),
    (error) => error,
  );
  expect(refused).toMatchObject({ code: 'bus_down' });
  // Of MQTT.js, at once; without it the end of the connection would refuse what was kept.
  expect(refused.cause).toMatchObject({ message: 'No connection to broker' });
});

test('MQTT.js never reconnects by itself: its period is constant, and has no jitter', async () => {
  const connects = vi.spyOn(MqttClient.prototype, 'connect');
  onTestFinished(() => connects.mockRestore());
  const { up } = await connectTo((socket) => socket.once('data', () => socket.write(CONNACK)));
  await up;
  const client = connects.mock.contexts[0] as MqttClient;
  // Emitted where MQTT.js begins to wait for its next attempt.
  const waits = vi.fn();
  client.on('offline', waits);
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  client.stream.destroy();
  await closed;
  expect(waits).not.toHaveBeenCalled();
});
