import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type BusMessage,
  type BusPublication,
  type BusSession,
  IN_FLIGHT_MAX,
  type MessageBus,
  PAYLOAD_BYTES_MAX,
} from './message-bus.ts';

/** Every client id that the suite uses: a broker with an ACL must know them, and allow them everything. */
export const COMPLIANCE_CLIENTS = ['sender', 'receiver', 'witness'] as const;

/** A broker and its clients' links, as the suite needs them. */
export interface BusHarness {
  /** A new client; an earlier one of that id has been stopped. */
  bus(clientId: string): MessageBus;
  /** Breaks the client's connection; it may come back at once. */
  reset(clientId: string): void;
  /** Breaks the client's connection, and every attempt at another one until `restore`. */
  cut(clientId: string): void;
  restore(clientId: string): void;
  /** Drives the world until the body ends: a virtual one moves its clock, a real one just waits. */
  run(body: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** A client that remembers what happened to it, in words, and can be waited for. */
class Recorder {
  readonly bus: MessageBus;
  readonly messages: BusMessage[] = [];
  ups = 0;
  downs = 0;
  readonly #watchers = new Set<() => void>();

  constructor(bus: MessageBus, subscriptions: readonly string[], will?: () => BusPublication) {
    this.bus = bus;
    const session: BusSession = {
      subscriptions,
      ...(will === undefined ? {} : { will }),
      onMessage: (message) => {
        this.messages.push(message);
        this.#changed();
      },
      onUp: () => {
        this.ups += 1;
        this.#changed();
      },
      onDown: () => {
        this.downs += 1;
        this.#changed();
      },
    };
    bus.start(session);
  }

  #changed(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** Resolves once it holds; events alone wake it. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const watcher = (): void => {
        if (!holds()) return;
        this.#watchers.delete(watcher);
        resolve();
      };
      this.#watchers.add(watcher);
      watcher();
    });
  }

  up(times = 1): Promise<void> {
    return this.until(() => this.ups >= times && this.bus.isUp);
  }

  down(times = 1): Promise<void> {
    return this.until(() => this.downs >= times);
  }

  received(count: number): Promise<void> {
    return this.until(() => this.messages.length >= count);
  }

  get texts(): string[] {
    return this.messages.map((message) => Buffer.from(message.payload).toString());
  }
}

const text = (
  topic: string,
  payload: string,
  more: { qos?: 0 | 1; retain?: boolean } = {},
): BusPublication => ({
  topic,
  payload: new Uint8Array(Buffer.from(payload)),
  qos: more.qos ?? 1,
  ...(more.retain === undefined ? {} : { retain: more.retain }),
});

/** What every `MessageBus` promises, on whatever broker. One fresh broker per test. */
export function busCompliance(name: string, make: () => Promise<BusHarness>): void {
  describe(name, () => {
    let world: BusHarness;
    beforeEach(async () => {
      world = await make();
    });
    afterEach(() => world.close());

    const recorder = async (
      clientId: (typeof COMPLIANCE_CLIENTS)[number],
      subscriptions: readonly string[] = [],
      will?: () => BusPublication,
    ): Promise<Recorder> => {
      const made = new Recorder(world.bus(clientId), subscriptions, will);
      await made.up();
      return made;
    };
    const promise = (promised: string, body: () => Promise<void>): void => {
      test(promised, () => world.run(body));
    };

    deliveryPromises(promise, recorder);
    retainedPromises(promise, recorder);
    willPromises(promise, recorder, () => world);
    linkPromises(promise, recorder, () => world);
  });
}

type MakePromise = (promised: string, body: () => Promise<void>) => void;
type MakeRecorder = (
  clientId: (typeof COMPLIANCE_CLIENTS)[number],
  subscriptions?: readonly string[],
  will?: () => BusPublication,
) => Promise<Recorder>;

function deliveryPromises(promise: MakePromise, recorder: MakeRecorder): void {
  promise('a payload arrives byte for byte, from none to the largest, by QoS 0 and 1', async () => {
    const receiver = await recorder('receiver', ['c/bytes']);
    const sender = await recorder('sender');
    const all = Uint8Array.from({ length: PAYLOAD_BYTES_MAX }, (_, at) => (at * 31) & 0xff);
    const sent = [all.subarray(0, 0), all.subarray(0, 256), all];
    for (const payload of sent) {
      await sender.bus.publish({ topic: 'c/bytes', payload, qos: 0 });
      await sender.bus.publish({ topic: 'c/bytes', payload, qos: 1 });
      await receiver.received(2 * (sent.indexOf(payload) + 1));
    }
    const lengths = receiver.messages.map((message) => message.payload.length);
    expect(lengths).toEqual([0, 0, 256, 256, PAYLOAD_BYTES_MAX, PAYLOAD_BYTES_MAX]);
    for (const message of receiver.messages) {
      expect(Buffer.compare(message.payload, all.subarray(0, message.payload.length))).toBe(0);
      expect(message).toMatchObject({ topic: 'c/bytes', retained: false });
    }
  });

  for (const qos of [0, 1] as const) {
    promise(`messages of one topic arrive in the order they were sent, by QoS ${qos}`, async () => {
      const receiver = await recorder('receiver', ['c/order']);
      const sender = await recorder('sender');
      const sent = Array.from({ length: 200 }, (_, at) => `${at}`);
      await Promise.all(sent.map((at) => sender.bus.publish(text('c/order', at, { qos }))));
      await receiver.received(sent.length);
      expect(receiver.texts).toEqual(sent);
    });
  }

  promise('one level by +, the rest by #, and nothing else', async () => {
    const receiver = await recorder('receiver', ['c/+/one', 'c/rest/#']);
    const sender = await recorder('sender');
    const topics = [
      'c/a/one',
      'c/a/two',
      'c/a/b/one',
      'c/rest',
      'c/rest/a/b',
      'd/a/one',
      'c/z/one',
    ];
    for (const topic of topics) await sender.bus.publish(text(topic, topic));
    await receiver.until(() => receiver.texts.includes('c/z/one'));
    expect(receiver.texts).toEqual(['c/a/one', 'c/rest', 'c/rest/a/b', 'c/z/one']);
  });

  promise('a client receives what it publishes itself', async () => {
    const sender = await recorder('sender', ['c/own']);
    await sender.bus.publish(text('c/own', 'mine'));
    await sender.received(1);
    expect(sender.texts).toEqual(['mine']);
  });

  promise('more messages in flight than the bound are refused, not queued', async () => {
    const sender = await recorder('sender');
    const sent = Array.from({ length: IN_FLIGHT_MAX + 1 }, () =>
      sender.bus.publish(text('c/flood', 'x')),
    );
    const outcomes = await Promise.allSettled(sent);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.map((outcome) => outcome.reason.code)).toEqual(['bus_congested']);
    await sender.bus.publish(text('c/flood', 'room again'));
  });

  promise('a payload above the bound is refused, and the connection stays', async () => {
    const sender = await recorder('sender', ['c/large']);
    const payload = new Uint8Array(PAYLOAD_BYTES_MAX + 1);
    const refused = sender.bus.publish({ topic: 'c/large', payload, qos: 1 });
    await expect(refused).rejects.toMatchObject({ code: 'publish_too_large' });
    await sender.bus.publish(text('c/large', 'small'));
    await sender.received(1);
    expect({ texts: sender.texts, downs: sender.downs }).toEqual({ texts: ['small'], downs: 0 });
  });
}

function retainedPromises(promise: MakePromise, recorder: MakeRecorder): void {
  promise(
    'the newest retained message greets who comes later, marked; others get it plain',
    async () => {
      const witness = await recorder('witness', ['c/kept']);
      const sender = await recorder('sender');
      await sender.bus.publish(text('c/kept', 'old', { retain: true }));
      await sender.bus.publish(text('c/kept', 'new', { retain: true }));
      await witness.received(2);
      expect(witness.messages.map((message) => message.retained)).toEqual([false, false]);

      const receiver = await recorder('receiver', ['c/#']);
      await receiver.received(1);
      await sender.bus.publish(text('c/live', 'live'));
      await receiver.received(2);
      expect(receiver.texts).toEqual(['new', 'live']);
      expect(receiver.messages.map((message) => message.retained)).toEqual([true, false]);
    },
  );

  promise('an empty retained message takes the kept one away', async () => {
    const sender = await recorder('sender', ['c/kept']);
    await sender.bus.publish(text('c/kept', 'old', { retain: true }));
    await sender.bus.publish(text('c/kept', '', { retain: true }));
    await sender.received(2);
    const receiver = await recorder('receiver', ['c/#']);
    await sender.bus.publish(text('c/live', 'live'));
    await receiver.received(1);
    expect(receiver.texts).toEqual(['live']);
  });
}

function willPromises(promise: MakePromise, recorder: MakeRecorder, world: () => BusHarness): void {
  promise(
    'a connection that breaks publishes its will, asked for anew at each connect',
    async () => {
      const witness = await recorder('witness', ['c/will']);
      let connects = 0;
      const sender = await recorder('sender', [], () => text('c/will', `died ${++connects}`));
      world().reset('sender');
      await witness.received(1);
      await sender.up(2);
      world().reset('sender');
      await witness.received(2);
      expect(witness.texts).toEqual(['died 1', 'died 2']);
    },
  );

  promise('a client that stops in order leaves no will', async () => {
    const witness = await recorder('witness', ['c/will']);
    const sender = await recorder('sender', [], () => text('c/will', 'died'));
    await sender.bus.stop();
    // The same client again: its broker has done with the first connection before this one is up.
    const again = await recorder('sender');
    await again.bus.publish(text('c/will', 'alive'));
    await witness.received(1);
    expect(witness.texts).toEqual(['alive']);
  });
}

function linkPromises(promise: MakePromise, recorder: MakeRecorder, world: () => BusHarness): void {
  promise('a broken connection comes back by itself, with its subscriptions', async () => {
    const receiver = await recorder('receiver', ['c/back']);
    const sender = await recorder('sender');
    for (const round of [1, 2, 3]) {
      world().reset('receiver');
      await receiver.down(round);
      await receiver.up(round + 1);
      await sender.bus.publish(text('c/back', `round ${round}`));
      await receiver.received(round);
    }
    expect(receiver.texts).toEqual(['round 1', 'round 2', 'round 3']);
  });

  promise('while down a message is refused, and nothing is kept to be sent later', async () => {
    const witness = await recorder('witness', ['c/down']);
    const sender = await recorder('sender');
    world().cut('sender');
    await sender.down();
    expect(sender.bus.isUp).toBe(false);
    for (const qos of [0, 1] as const) {
      const refused = sender.bus.publish(text('c/down', 'lost', { qos }));
      await expect(refused).rejects.toMatchObject({ code: 'bus_down' });
    }
    world().restore('sender');
    await sender.up(2);
    await sender.bus.publish(text('c/down', 'first after'));
    await witness.received(1);
    expect(witness.texts).toEqual(['first after']);
  });

  promise('a QoS 1 message that is not acknowledged before the break is refused', async () => {
    const sender = await recorder('sender');
    const inFlight = sender.bus.publish(text('c/flight', 'perhaps'));
    world().cut('sender');
    await expect(inFlight).rejects.toMatchObject({ code: 'bus_down' });
  });

  promise(
    'sessions are clean: what was sent while a client was away does not reach it',
    async () => {
      const receiver = await recorder('receiver', ['c/away']);
      const sender = await recorder('sender', ['c/away']);
      world().cut('receiver');
      await receiver.down();
      await sender.bus.publish(text('c/away', 'missed'));
      await sender.received(1);
      world().restore('receiver');
      await receiver.up(2);
      await sender.bus.publish(text('c/away', 'seen'));
      await receiver.received(1);
      expect(receiver.texts).toEqual(['seen']);
    },
  );

  promise('before it starts and after it stopped, a bus is down and says nothing', async () => {
    const receiver = await recorder('receiver', ['c/stop']);
    await receiver.bus.stop();
    const downs = receiver.downs;
    expect(receiver.bus.isUp).toBe(false);
    await expect(receiver.bus.publish(text('c/stop', 'x'))).rejects.toMatchObject({
      code: 'bus_down',
    });
    const sender = await recorder('sender', ['c/stop']);
    await sender.bus.publish(text('c/stop', 'unheard'));
    await sender.received(1);
    expect({ heard: receiver.texts, downs: receiver.downs - downs }).toEqual({
      heard: [],
      downs: 0,
    });
    const fresh = world().bus('receiver');
    await expect(fresh.publish(text('c/stop', 'x'))).rejects.toMatchObject({ code: 'bus_down' });
  });
}
