import type { AssetReading, DeviceFault, Devices, WriteOutcome } from '@tieline/edge-agent';
import { type AssetId, assert, type Clock } from '@tieline/kernel';
import type { DeviceModel } from './device-model.ts';

/**
 * The devices of a site without a wire: the same models that answer over Modbus, asked directly. Time
 * passes only where a device is silent, and then on the clock: the deadline, as over a wire.
 */
export function virtualDevices(models: readonly DeviceModel[], clock: Clock): Devices {
  const byAsset = new Map<AssetId, DeviceModel>(
    models.map((model) => [model.ratings.asset, model]),
  );
  assert(byAsset.size === models.length, 'one device for each asset');
  let closed = false;
  let controllerBeat = 0;

  const faultOf = (model: DeviceModel): DeviceFault | null => {
    if (closed) return 'unreachable';
    if (model.fault === 'silent') return 'silent';
    return model.fault === 'refuses' ? 'refused' : null;
  };

  const read = (model: DeviceModel): AssetReading => {
    const fault = faultOf(model);
    if (fault !== null) return failed(fault);
    const measured = model.measure();
    if (model.controllable && !measured.local) model.controllerHeartbeat = controllerBeat;
    return { ok: true, measured };
  };

  return {
    ratings: models.map((model) => model.ratings),
    async readAll(deadlineMs) {
      const dueMs = clock.monotonicMs() + deadlineMs;
      controllerBeat = (controllerBeat + 1) % 0xffff_ffff;
      const readings = new Map<AssetId, AssetReading>();
      let silent = false;
      for (const [asset, model] of byAsset) {
        const reading = read(model);
        readings.set(asset, reading);
        silent ||= !reading.ok && reading.fault === 'silent';
      }
      if (silent) await clock.sleepUntil(dueMs);
      return readings;
    },
    async write(asset, { activePowerKw, reversionS, revertKw }, deadlineMs) {
      const model = byAsset.get(asset);
      assert(model !== undefined, `${asset} is an asset of this site`);
      assert(
        activePowerKw === null || (Number.isFinite(activePowerKw) && reversionS >= 1),
        'a setpoint is a number that ends by itself',
      );
      const fault = faultOf(model);
      if (fault === 'silent') await clock.sleepUntil(clock.monotonicMs() + deadlineMs);
      if (fault !== null) return failed(fault);
      const taken =
        activePowerKw === null
          ? model.apply({ enabled: false })
          : model.apply({
              enabled: true,
              valueKw: activePowerKw,
              revertKw:
                revertKw ?? (model.ratings.kind === 'pv' ? model.ratings.dischargeMaxKw : 0),
              revertEnabled: revertKw !== null,
              reversionS,
            });
      return taken ? { ok: true } : failed('refused');
    },
    async close() {
      closed = true;
    },
  };
}

function failed(fault: DeviceFault): WriteOutcome & { readonly ok: false } {
  return { ok: false, fault, detail: `simulated device: ${fault}` };
}
