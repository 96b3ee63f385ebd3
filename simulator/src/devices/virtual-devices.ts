import type {
  AssetReading,
  DeviceFault,
  DeviceSetpoint,
  Devices,
  WriteOutcome,
} from '@tieline/edge-agent';
import { type AssetId, assert, type Clock } from '@tieline/kernel';
import { type DeviceModel, type PowerControl, restKw } from './device-model.ts';
import { answering } from './injected-fault.ts';

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

  const faultOf = (model: DeviceModel, deadlineMs: number): DeviceFault | null => {
    if (closed) return 'unreachable';
    const answer = answering(model.fault);
    if (answer === null || answer.delayMs >= deadlineMs) return 'silent';
    if (answer.exception === null) return null;
    return answer.exception === 'refuses' ? 'refused' : 'unreachable';
  };

  /** What reaches a slow device it does all the same, when nobody waits for it any more. */
  const applyLate = async (model: DeviceModel, change: Partial<PowerControl>): Promise<void> => {
    const delayMs = answering(model.fault)?.delayMs;
    if (delayMs === undefined) return;
    await clock.sleepUntil(clock.monotonicMs() + delayMs);
    model.apply(change);
  };

  const read = (model: DeviceModel, deadlineMs: number): AssetReading => {
    const fault = faultOf(model, deadlineMs);
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
        const reading = read(model, deadlineMs);
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
      const change = changeOf(model, { activePowerKw, reversionS, revertKw });
      const fault = faultOf(model, deadlineMs);
      if (fault === 'silent') {
        void applyLate(model, change);
        await clock.sleepUntil(clock.monotonicMs() + deadlineMs);
      }
      if (fault !== null) return failed(fault);
      const taken = model.apply(change);
      return taken ? { ok: true } : failed('refused');
    },
    async close() {
      closed = true;
    },
  };
}

function changeOf(
  { ratings }: DeviceModel,
  { activePowerKw, reversionS, revertKw }: DeviceSetpoint,
): Partial<PowerControl> {
  if (activePowerKw === null) return { enabled: false };
  return {
    enabled: true,
    valueKw: activePowerKw,
    revertKw: revertKw ?? restKw(ratings),
    revertEnabled: revertKw !== null,
    reversionS,
  };
}

function failed(fault: DeviceFault): WriteOutcome & { readonly ok: false } {
  return { ok: false, fault, detail: `simulated device: ${fault}` };
}
