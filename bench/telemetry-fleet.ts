import { parentPort, workerData } from 'node:worker_threads';
import {
  agentGrants,
  controlPlaneGrants,
  type MessageBus,
  mqttBus,
  startBroker,
} from '@tieline/bus';
import { silentLogger, systemRng } from '@tieline/kernel';

/** What the bench hands to this thread: every message signed beforehand. */
export interface FleetOrders {
  readonly deployment: string;
  readonly token: string;
  readonly controlClient: string;
  readonly sites: readonly string[];
}

export type ToFleet =
  | { readonly say: 'births'; readonly messages: readonly Signed[] }
  | { readonly say: 'batches'; readonly messages: readonly Signed[] }
  | { readonly say: 'stored'; readonly batches: number }
  | { readonly say: 'stop' };

export interface Signed {
  readonly site: string;
  readonly topic: string;
  readonly payload: Uint8Array;
}

export type FromFleet =
  | { readonly say: 'broker'; readonly url: string }
  | { readonly say: 'connected' }
  | { readonly say: 'sent' };

/** Batches under way: enough to keep the control plane busy, few enough for its bounded queue. */
const IN_FLIGHT_MAX = 256;

/** The agents of the bench, and the broker: in a thread of their own, so that only the receiving end is timed. */
async function fleet({ deployment, token, controlClient, sites }: FleetOrders): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('the fleet runs in a worker');
  const broker = await startBroker({
    host: '127.0.0.1',
    port: 0,
    clients: [
      { clientId: controlClient, token, grants: controlPlaneGrants(deployment) },
      ...sites.map((site) => ({ clientId: site, token, grants: agentGrants(deployment, site) })),
    ],
    logger: silentLogger,
  });
  port.postMessage({ say: 'broker', url: broker.url } satisfies FromFleet);
  const buses = new Map(
    await Promise.all(
      sites.map(async (site) => [site, await connected(broker.url, site, token)] as const),
    ),
  );
  port.postMessage({ say: 'connected' } satisfies FromFleet);
  let stored = 0;
  let release = (): void => {};
  const publish = ({ site, topic, payload }: Signed, qos: 0 | 1): Promise<void> =>
    buses.get(site)!.publish({ topic, payload, qos });
  const batches = async (messages: readonly Signed[]): Promise<void> => {
    stored = 0;
    for (const [at, message] of messages.entries()) {
      while (at - stored >= IN_FLIGHT_MAX) {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      }
      await publish(message, 0);
    }
  };
  port.on('message', (order: ToFleet) => {
    if (order.say === 'births') {
      void Promise.all(order.messages.map((message) => publish(message, 1))).then(() =>
        port.postMessage({ say: 'sent' } satisfies FromFleet),
      );
    } else if (order.say === 'batches') {
      void batches(order.messages).then(() =>
        port.postMessage({ say: 'sent' } satisfies FromFleet),
      );
    } else if (order.say === 'stored') {
      stored = order.batches;
      release();
    } else {
      void Promise.all([...buses.values()].map((bus) => bus.stop()))
        .then(() => broker.close())
        .then(() => port.close());
    }
  });
}

async function connected(url: string, site: string, token: string): Promise<MessageBus> {
  const bus = mqttBus({ url, clientId: site, token, rng: systemRng(), logger: silentLogger });
  await new Promise<void>((onUp) => {
    bus.start({ subscriptions: [], onMessage() {}, onUp, onDown() {} });
  });
  return bus;
}

await fleet(workerData as FleetOrders);
