import type { AssetId } from '@tieline/kernel';
import type { ClockState } from '@tieline/protocol';
import type { AssetMeasurement, DeviceFault } from '../../ports/devices.ts';
import type { Decision } from '../law/decide.ts';
import { type ImageReading, isMeasured, type ProcessImage } from '../law/process-image.ts';

/**
 * One cycle as it stands in the audit log: what was seen, what the model said, what was decided. In
 * columns without names, because a day has 86,400 of them.
 */
export type LoggedCycle = readonly [
  sessionMs: number,
  wallMs: number,
  clock: ClockState,
  readings: readonly LoggedReading[],
  /** A forecast that arrived with this cycle, kW; null when none did. */
  forecastKw: number | null,
  setpoints: readonly (readonly [asset: AssetId, powerKw: number | null])[],
  events: readonly (readonly [command: string, index: number | null, state: string])[],
];

/** Powers in kW and kvar, positive into the grid; voltage per unit. */
export type LoggedReading =
  | readonly [asset: AssetId, fault: DeviceFault]
  | readonly [
      asset: AssetId,
      activePowerKw: number,
      reactivePowerKvar: number,
      voltagePu: number,
      stateOfCharge: number | null,
      setpointKw: number | null,
      local: boolean,
      reversionRemainingS: number | null,
    ];

export function logCycle(
  image: ProcessImage,
  forecastKw: number | null,
  decision: Decision,
): LoggedCycle {
  return [
    image.sessionMs,
    image.wallMs,
    image.clock,
    Object.entries(image.readings).map(([asset, reading]) => logReading(asset, reading)),
    forecastKw,
    Object.entries(decision.setpoints),
    decision.events.map(({ command, index, status }) => [command, index, status.state]),
  ];
}

function logReading(asset: AssetId, reading: ImageReading): LoggedReading {
  if (!isMeasured(reading)) return [asset, reading];
  return [
    asset,
    reading.activePowerKw,
    reading.reactivePowerKvar,
    reading.voltagePu,
    reading.stateOfCharge,
    reading.setpointKw,
    reading.local,
    reading.reversionRemainingS,
  ];
}

/** The image that a logged cycle was decided on. */
export function imageOf(cycle: LoggedCycle): ProcessImage {
  const [sessionMs, wallMs, clock, readings] = cycle;
  return {
    sessionMs,
    wallMs,
    clock,
    readings: Object.fromEntries(readings.map((one) => [one[0], readingOf(one)])),
  };
}

function readingOf(logged: LoggedReading): ImageReading {
  if (logged.length === 2) return logged[1];
  const measured: AssetMeasurement = {
    activePowerKw: logged[1],
    reactivePowerKvar: logged[2],
    voltagePu: logged[3],
    stateOfCharge: logged[4],
    setpointKw: logged[5],
    local: logged[6],
    reversionRemainingS: logged[7],
  };
  return measured;
}

/** Whether a cycle asks for something else than the one before it: such a cycle is recorded at once. */
export function decisionChanged(previous: LoggedCycle | null, next: LoggedCycle): boolean {
  if (next[6].length > 0 || previous === null) return true;
  const [before, after] = [previous[5], next[5]];
  if (before.length !== after.length) return true;
  return after.some(([asset, powerKw], at) => {
    const [otherAsset, otherKw] = before[at]!;
    return asset !== otherAsset || powerKw !== otherKw;
  });
}
