import { seededRng, silentLogger } from '@tieline/kernel';
import type { MessageBus } from '../message-bus.ts';
import { type LinkProxy, startLinkProxy } from './link-proxy.ts';
import { mqttBus } from './mqtt-bus.ts';

/** Clients of a real broker, each behind a link of its own that can be broken: for tests of both. */
export interface ProxiedClients {
  bus(clientId: string): MessageBus;
  link(clientId: string): LinkProxy;
  close(): Promise<void>;
}

/** @param clientIds  whom to lay a link for; `tokens` gives the secret of each, where the broker wants one */
export async function proxiedClients(
  broker: { host: string; port: number },
  clientIds: readonly string[],
  tokens: ReadonlyMap<string, string>,
): Promise<ProxiedClients> {
  const links = new Map<string, LinkProxy>();
  for (const clientId of clientIds) links.set(clientId, await startLinkProxy(broker));
  const made: MessageBus[] = [];
  const link = (clientId: string): LinkProxy => {
    const found = links.get(clientId);
    if (found === undefined) throw new Error(`no link was laid for '${clientId}'`);
    return found;
  };
  return {
    link,
    bus(clientId) {
      const token = tokens.get(clientId);
      const bus = mqttBus({
        url: `mqtt://127.0.0.1:${link(clientId).port}`,
        clientId,
        ...(token === undefined ? {} : { token }),
        rng: seededRng(1),
        logger: silentLogger,
        reconnect: { baseMs: 5, maxMs: 20 },
      });
      made.push(bus);
      return bus;
    },
    async close() {
      await Promise.all(made.map((bus) => bus.stop()));
      await Promise.all([...links.values()].map((each) => each.close()));
    },
  };
}
