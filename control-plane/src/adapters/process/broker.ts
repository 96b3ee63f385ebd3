import {
  agentGrants,
  type Broker,
  controlPlaneGrants,
  type MessageBus,
  mqttBus,
  startBroker,
} from '@tieline/bus';
import { type Logger, type Rng, toHex } from '@tieline/kernel';
import { RECONNECT } from '../../core/bounds.ts';
import { type LoadedConfig, parseBrokerClients } from './config.ts';
import { readSecret } from './files.ts';

/** The control plane's own name at the embedded broker; longer than any site's can be. */
const CONTROL_CLIENT = 'tieline-control-plane-of-this-broker';

export interface Reached {
  readonly bus: MessageBus;
  readonly url: string;
  /** Null where the broker is somebody else's. */
  readonly broker: Broker | null;
}

/** Starts the embedded broker, or reaches another. @throws {BrokerError | StartError} */
export async function reachBroker(
  { config, at }: LoadedConfig,
  rng: Rng,
  logger: Logger,
): Promise<Reached> {
  if (!('embedded' in config.broker)) {
    const { url, clientId, tokenFile } = config.broker;
    const token = tokenFile === undefined ? {} : { token: readSecret(at(tokenFile)).trim() };
    return {
      bus: mqttBus({ url, clientId, reconnect: RECONNECT, rng, logger, ...token }),
      url,
      broker: null,
    };
  }
  const { host, port, clientsFile } = config.broker.embedded;
  const file = at(clientsFile);
  const { deployment } = config;
  const token = toHex(rng.stream('broker-token').bytes(32));
  const known = parseBrokerClients(file, readSecret(file));
  const agents = known.clients.map((client) => ({
    clientId: client.site,
    token: client.token,
    grants: agentGrants(deployment, client.site),
  }));
  const others = known.others.map(({ clientId, token: theirs, publish, subscribe }) => ({
    clientId,
    token: theirs,
    grants: { publish, subscribe, retain: [] },
  }));
  const control = { clientId: CONTROL_CLIENT, token, grants: controlPlaneGrants(deployment) };
  const broker = await startBroker({
    host,
    port,
    clients: [control, ...agents, ...others],
    logger,
  });
  const bus = mqttBus({
    ...{ url: broker.url, clientId: CONTROL_CLIENT, token },
    ...{ reconnect: RECONNECT, rng, logger },
  });
  return { bus, url: broker.url, broker };
}
