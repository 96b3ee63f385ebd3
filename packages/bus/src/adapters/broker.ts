import { once } from 'node:events';
import { type AddressInfo, createServer, isIPv4, type Server } from 'node:net';
import { type Logger, messageOf } from '@tieline/kernel';
import { Aedes, type Client } from 'aedes';
import { type BrokerClient, BrokerClients, BrokerError } from '../broker-clients.ts';
import { type BrokerRefusal, Refusals } from '../refusals.ts';
import { RetainedBudget } from '../retained-budget.ts';
import { brokerGuards, refusalOf } from './broker-guards.ts';
import { PacketGate } from './packet-gate.ts';

/** Bounds of the embedded broker. */
export interface BrokerLimits {
  readonly connectionsMax: number;
  /** From TCP to CONNECT, ms. */
  readonly connectTimeoutMs: number;
  /** A packet of a client that has not yet shown who it is, bytes. */
  readonly strangerPacketBytesMax: number;
  readonly packetBytesMax: number;
  readonly retainedTopicsMax: number;
  readonly retainedBytesMax: number;
  /** How long a client may leave more than 1 MiB unread, ms: the others wait for it. */
  readonly drainTimeoutMs: number;
}

const LIMITS: BrokerLimits = {
  connectionsMax: 4_096,
  connectTimeoutMs: 5_000,
  strangerPacketBytesMax: 4_096,
  packetBytesMax: 262_144,
  retainedTopicsMax: 16_384,
  // What a thousand sites are told: an index of their policy each, of 70 KB at most.
  retainedBytesMax: 134_217_728,
  drainTimeoutMs: 10_000,
};

/** Connections that wait for `accept`: with Node's 511, a thousand agents at once wait a second for SYN retries. */
const BACKLOG = 4_096;

export interface BrokerOptions {
  /** An address of the loopback interface: without TLS nothing else is served. */
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  readonly clients: readonly BrokerClient[];
  readonly logger: Logger;
  readonly limits?: Partial<BrokerLimits>;
}

export interface Broker {
  readonly host: string;
  readonly port: number;
  /** What `mqttBus` connects to. */
  readonly url: string;
  /** For metrics: what stands now, and what was refused since the start, by reason. */
  stats(): { readonly clients: number; readonly refused: ReadonlyMap<BrokerRefusal, number> };
  close(): Promise<void>;
}

/**
 * The embedded MQTT 3.1.1 broker: aedes behind a guard for everything that aedes leaves open. Authority never
 * comes from it; the guards keep noise out and one client's fault from becoming another's.
 *
 * @throws {BrokerError} broker_not_loopback, broker_listen_failed, broker_token_weak, broker_client_twice
 */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { host, logger } = options;
  if (!isLoopback(host)) {
    throw new BrokerError(
      { code: 'broker_not_loopback', host },
      `without TLS the broker serves 127.0.0.1 or ::1 alone, not '${host}'`,
    );
  }
  const limits = { ...LIMITS, ...options.limits };
  const refusals = new Refusals(logger);
  const aedes = await createAedes(new BrokerClients(options.clients), limits, refusals, logger);
  const { server, gates } = createGatedServer(aedes, limits, refusals);
  const port = await listen(server, options).catch((refused: unknown) => {
    aedes.close();
    throw refused;
  });
  logger.info('broker_started', { host, port, clients: options.clients.length });
  return {
    host,
    port,
    url: `mqtt://${host.includes(':') ? `[${host}]` : host}:${port}`,
    stats: () => ({ clients: aedes.connectedClients, refused: refusals.counts }),
    async close() {
      const closed = once(server, 'close');
      server.close();
      await new Promise<void>((resolve) => aedes.close(resolve));
      for (const gate of gates) gate.destroy();
      await closed;
    },
  };
}

async function createAedes(
  clients: BrokerClients,
  limits: BrokerLimits,
  refusals: Refusals,
  logger: Logger,
): Promise<Aedes> {
  const aedes = await Aedes.createBroker({
    connectTimeout: limits.connectTimeoutMs,
    drainTimeout: limits.drainTimeoutMs,
    ...brokerGuards({
      clients,
      refusals,
      retained: new RetainedBudget({
        topicsMax: limits.retainedTopicsMax,
        bytesMax: limits.retainedBytesMax,
      }),
      admit(client: Client) {
        if (client.conn instanceof PacketGate) client.conn.admit();
      },
    }),
  });
  // Each write that was still under way fails, too: a connection ends for one reason, the first.
  const ended = new WeakSet<Client>();
  const onFault = (client: Client, error: Error): void => {
    const reason = refusalOf(error);
    if (ended.has(client)) return;
    ended.add(client);
    const known = clients.grantsOf(client.id) !== null;
    if (reason !== null) refusals.count(reason, known ? client.id : null);
  };
  aedes.on('clientError', onFault);
  aedes.on('connectionError', onFault);
  // Untyped in aedes; without a listener it would end the process.
  (aedes as NodeJS.EventEmitter).on('error', (error: unknown) => {
    logger.error('broker_failed', { reason: messageOf(error) });
  });
  return aedes;
}

function createGatedServer(
  aedes: Aedes,
  limits: BrokerLimits,
  refusals: Refusals,
): { server: Server; gates: Set<PacketGate> } {
  const gates = new Set<PacketGate>();
  const server = createServer({ noDelay: true }, (socket) => {
    const gate = new PacketGate(socket, limits);
    gates.add(gate);
    gate.on('close', () => gates.delete(gate));
    aedes.handle(gate);
  });
  server.maxConnections = limits.connectionsMax;
  server.on('drop', () => refusals.count('connections_full', null));
  return { server, gates };
}

async function listen(server: Server, at: { host: string; port: number }): Promise<number> {
  server.listen({ host: at.host, port: at.port, backlog: BACKLOG });
  try {
    await once(server, 'listening');
  } catch (cause) {
    const { host, port } = at;
    const sentence = `the broker cannot listen on ${host}:${port}: ${messageOf(cause)}`;
    throw new BrokerError({ code: 'broker_listen_failed', host, port }, sentence, { cause });
  }
  return (server.address() as AddressInfo).port;
}

function isLoopback(host: string): boolean {
  return host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
