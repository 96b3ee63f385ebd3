import { type AssetId, assert, type Clock, type Logger } from '@tieline/kernel';
import type { AssetReading, Devices } from '../../ports/devices.ts';
import type { ModbusDeviceConfig } from './device-config.ts';
import { DeviceConnection } from './device-connection.ts';
import { DeviceError } from './device-error.ts';

/**
 * SunSpec devices over Modbus TCP, one connection each. `deadlineMs` is real time from the call, whatever
 * clock the agent runs on; `clock` only judges whether a device's heartbeat advances.
 */
export function modbusDevices(
  configs: readonly ModbusDeviceConfig[],
  clock: Clock,
  logger: Logger,
): Devices {
  const connections = new Map<AssetId, DeviceConnection>();
  for (const config of configs) {
    assert(!connections.has(config.asset), `one device for ${config.asset}`);
    connections.set(config.asset, new DeviceConnection(config, clock, logger));
  }
  return {
    ratings: configs.map(({ asset, kind, dischargeMaxKw, chargeMaxKw, energyKwh }) => ({
      asset,
      kind,
      dischargeMaxKw,
      chargeMaxKw,
      energyKwh,
    })),
    async readAll(deadlineMs) {
      const dueMs = performance.now() + deadlineMs;
      const read = async ([asset, connection]: [AssetId, DeviceConnection]): Promise<
        [AssetId, AssetReading]
      > => [asset, await settle(async () => ({ measured: await connection.read(dueMs) }))];
      return new Map(await Promise.all([...connections].map(read)));
    },
    write(asset, setpoint, deadlineMs) {
      const connection = connections.get(asset);
      assert(connection !== undefined, `${asset} is an asset of this site`);
      const { activePowerKw, reversionS } = setpoint;
      assert(
        activePowerKw === null || (Number.isFinite(activePowerKw) && reversionS >= 1),
        'a setpoint is a number that ends by itself',
      );
      const dueMs = performance.now() + deadlineMs;
      return settle(async () => {
        await connection.write(setpoint, dueMs);
        return {};
      });
    },
    async close() {
      await Promise.all([...connections.values()].map((connection) => connection.close()));
    },
  };
}

type Settled<T> =
  | ({ readonly ok: true } & T)
  | { readonly ok: false; readonly fault: DeviceError['code']; readonly detail: string };

async function settle<T>(ask: () => Promise<T>): Promise<Settled<T>> {
  try {
    return { ok: true, ...(await ask()) };
  } catch (thrown) {
    if (!(thrown instanceof DeviceError)) throw thrown;
    return { ok: false, fault: thrown.code, detail: thrown.failure.detail };
  }
}
