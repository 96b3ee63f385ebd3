export {
  type Broker,
  type BrokerLimits,
  type BrokerOptions,
  startBroker,
} from './adapters/broker.ts';
export { type LinkProxy, startLinkProxy } from './adapters/link-proxy.ts';
export { type MqttBusOptions, mqttBus } from './adapters/mqtt-bus.ts';
export { type BrokerClient, BrokerError, type BrokerFailure } from './broker-clients.ts';
export {
  GRANT_ALL,
  type GrantRefusal,
  type Grants,
  publishRefusal,
  subscribeRefusal,
} from './grants.ts';
export {
  BusError,
  type BusFailure,
  type BusMessage,
  type BusPublication,
  type BusSession,
  IN_FLIGHT_MAX,
  type MessageBus,
  refuseTooLarge,
} from './message-bus.ts';
export { agentGrants, controlPlaneGrants } from './protocol-grants.ts';
export { type BackoffBounds, Reconnect } from './reconnect.ts';
export { topicMatches } from './topic-filter.ts';
