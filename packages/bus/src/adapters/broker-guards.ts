import type { AedesOptions, AuthenticateError, Client, ConnectPacket } from 'aedes';
import type { BrokerClients } from '../broker-clients.ts';
import { mayReceive, publishRefusal, subscribeRefusal } from '../grants.ts';
import type { BrokerRefusal, Refusals } from '../refusals.ts';
import type { RetainedBudget } from '../retained-budget.ts';
import { PacketGateError } from './packet-gate.ts';

/** Above this a half-open connection would keep its will back for too long; seconds. */
const KEEPALIVE_MAX_S = 300;
/** CONNACK of MQTT 3.1.1: not authorised. */
const NOT_AUTHORIZED = 5;

/** Thrown into aedes by a guard, which has counted it. */
class BrokerRefused extends Error {}

export interface GuardParts {
  readonly clients: BrokerClients;
  readonly refusals: Refusals;
  readonly retained: RetainedBudget;
  /** Called when a client has shown who it is: from then on it may send large packets. */
  admit(client: Client): void;
}

/** aedes's hooks: every default of aedes allows; every one of these denies what is not granted. */
export function brokerGuards(
  parts: GuardParts,
): Required<
  Pick<
    AedesOptions,
    'preConnect' | 'authenticate' | 'authorizePublish' | 'authorizeSubscribe' | 'authorizeForward'
  >
> {
  const { clients, refusals, retained } = parts;
  const unfit = new WeakMap<Client, BrokerRefusal>();
  const refuse = (reason: BrokerRefusal, clientId: string | null): Error => {
    refusals.count(reason, clientId);
    return new BrokerRefused(reason);
  };

  return {
    // Only sees the packet; the refusal is given in `authenticate`, where it gets a CONNACK.
    preConnect(client, packet, done) {
      const reason = connectRefusal(packet, clients);
      if (reason !== null) unfit.set(client, reason);
      done(null, true);
    },

    // Before aedes lets a new connection take over the client id from the present one.
    authenticate(client, username, password, done) {
      const deny = (reason: BrokerRefusal): void => {
        const error = Object.assign(refuse(reason, null), { returnCode: NOT_AUTHORIZED });
        done(error as AuthenticateError, false);
      };
      if (!clients.isAuthentic(username ?? '', password ?? new Uint8Array())) {
        return deny('credentials_bad');
      }
      if (username !== client.id) return deny('client_id_foreign');
      const reason = unfit.get(client);
      if (reason !== undefined) return deny(reason);
      parts.admit(client);
      done(null, true);
    },

    // Wills come this way, too; `client` is null for the will of a broker that is gone, of which we have none.
    authorizePublish(client, packet, done) {
      const grants = clients.grantsOf(client?.id ?? null);
      if (client === null || grants === null) return done(refuse('publish_denied', null));
      const reason = publishRefusal(grants, packet);
      if (reason !== null) return done(refuse(reason, client.id));
      if (packet.retain && !retained.take(packet.topic, packet.payload.length)) {
        return done(refuse('retained_full', client.id));
      }
      done(null);
    },

    // Denied by an error, which closes the connection: aedes stores a filter that is denied with `null`.
    authorizeSubscribe(client, subscription, done) {
      const grants = clients.grantsOf(client.id);
      const reason = grants === null ? 'subscribe_denied' : subscribeRefusal(grants, subscription);
      if (reason !== null) return done(refuse(reason, client.id));
      done(null, subscription);
    },

    // Once more on the way out, whatever ended up among the subscriptions.
    authorizeForward(client, packet) {
      const grants = clients.grantsOf(client.id);
      if (grants !== null && mayReceive(grants, packet.topic)) return packet;
      refusals.count('forward_denied', client.id);
      return null;
    },
  };
}

function connectRefusal(packet: ConnectPacket, clients: BrokerClients): BrokerRefusal | null {
  if (packet.protocolVersion !== 4) return 'protocol_version';
  if (packet.clean !== true) return 'session_not_clean';
  const keepaliveS = packet.keepalive ?? 0;
  if (keepaliveS <= 0 || keepaliveS > KEEPALIVE_MAX_S) return 'keepalive_out_of_range';
  const will = packet.will;
  if (will === undefined) return null;
  const grants = clients.grantsOf(packet.clientId);
  const publication = { topic: will.topic, qos: will.qos ?? 0, retain: will.retain ?? false };
  return grants === null || publishRefusal(grants, publication) !== null ? 'will_denied' : null;
}

const REFUSAL_BY_MESSAGE: Readonly<Record<string, BrokerRefusal>> = {
  'connect did not arrive in time': 'connect_timeout',
  'keep alive timeout': 'keepalive_lost',
  'drain timeout': 'reader_slow',
};

/**
 * What to count for an error that ended a connection; `null` where a guard has counted it already, and for
 * a line that merely broke. What is left are errors of the parser.
 */
export function refusalOf(error: Error): BrokerRefusal | null {
  if (error instanceof BrokerRefused) return null;
  if (error instanceof PacketGateError) return error.fault.code;
  if ('code' in error || error.message === 'connection closed') return null;
  return REFUSAL_BY_MESSAGE[error.message] ?? 'packet_malformed';
}
