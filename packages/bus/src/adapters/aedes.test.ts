import { silentLogger } from '@tieline/kernel';
import { busCompliance, COMPLIANCE_CLIENTS } from '../compliance.ts';
import { GRANT_ALL } from '../grants.ts';
import { startBroker } from './broker.ts';
import { proxiedClients } from './proxied-harness.ts';

const tokens = new Map(
  COMPLIANCE_CLIENTS.map((clientId) => [clientId, `${clientId}`.padEnd(40, '.')]),
);

busCompliance('MQTT.js on the embedded broker', async () => {
  const clients = [...tokens].map(([clientId, token]) => ({ clientId, token, grants: GRANT_ALL }));
  const broker = await startBroker({ host: '127.0.0.1', port: 0, clients, logger: silentLogger });
  const proxied = await proxiedClients(broker, COMPLIANCE_CLIENTS, tokens);
  return {
    bus: proxied.bus,
    reset: (clientId) => proxied.link(clientId).reset(),
    cut: (clientId) => proxied.link(clientId).cut(),
    restore: (clientId) => proxied.link(clientId).restore(),
    run: (body) => body(),
    async close() {
      await proxied.close();
      await broker.close();
    },
  };
});
