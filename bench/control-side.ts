import { AuditWitness, openDatabase } from '@tieline/audit';
import { GRANT_ALL, mqttBus, startBroker } from '@tieline/bus';
import { ControlPlane, SqliteControlStore, SqliteTelemetryStore } from '@tieline/control-plane';
import { packModel, SHIPPED_FORECAST_DIRECTORY } from '@tieline/inference';
import { silentLogger, systemClock, systemRng, toHex } from '@tieline/kernel';
import { eveningPeak, signRelease } from '@tieline/simulator';
import type { BenchSite } from './bench-site.ts';

export interface ControlSide {
  /** Of the broker, and the token of every client. */
  readonly url: string;
  readonly token: string;
  stop(): Promise<void>;
}

/** The production control plane and its broker in this process: policy, model, time and receipts for one agent. */
export async function startControlSide(site: BenchSite): Promise<ControlSide> {
  const { provisioned, identity, simulated } = site;
  const { trust, control: keys, policyBytes, releaseKey } = provisioned;
  const [clock, rng, logger] = [systemClock(), systemRng(), silentLogger];
  const token = toHex(rng.stream('tokens').bytes(32));
  const clients = ['control', site.site].map((clientId) => ({
    clientId,
    token,
    grants: GRANT_ALL,
  }));
  const broker = await startBroker({ host: '127.0.0.1', port: 0, clients, logger });
  const witnessed = { deployment: identity.deployment, anchor: trust.anchor, key: keys.witness };
  const db = openDatabase(':memory:', { synchronous: 'FULL' });
  const control = new ControlPlane(
    {
      clock,
      rng,
      logger,
      bus: mqttBus({ url: broker.url, clientId: 'control', token, rng, logger }),
      store: new SqliteControlStore(':memory:'),
      telemetry: new SqliteTelemetryStore(':memory:'),
      audit: new AuditWitness({ ...witnessed, db, clock }),
    },
    {
      trust,
      keys,
      feeder: eveningPeak().feeder,
      places: [{ site: site.site, bus: simulated.plant.bus, meter: 'meter' }],
    },
  );
  control.start();
  control.acceptPolicy(policyBytes);
  const packed = packModel(SHIPPED_FORECAST_DIRECTORY);
  const named = { name: 'site-import-forecast', version: '1.0.0' };
  const release = signRelease(packed, named, trust, releaseKey, Math.floor(Date.now() / 1_000));
  control.directModel(site.site, control.pushModel(packed, release).digest);
  return {
    url: broker.url,
    token,
    async stop() {
      await control.stop();
      await broker.close();
    },
  };
}
