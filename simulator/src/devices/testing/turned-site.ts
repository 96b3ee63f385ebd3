import type { AssetRatings } from '@tieline/edge-agent';
import type { AssetId, Clock } from '@tieline/kernel';
import { DeviceModel } from '../device-model.ts';
import type { InjectedFault } from '../injected-fault.ts';
import type { Terminal } from '../terminal.ts';

/** A clock that stands still until it is moved; sleeping moves it. */
export function handClock(): Clock & { advance(ms: number): void } {
  let nowMs = 1_000_000;
  return {
    wallMs: () => nowMs,
    monotonicMs: () => nowMs,
    async sleepUntil(dueMs) {
      nowMs = Math.max(nowMs, dueMs);
    },
    advance(ms) {
      nowMs += ms;
    },
  };
}

/** Devices, each behind a terminal that the test turns. */
export function turnedSite(ratings: readonly AssetRatings[]) {
  const clock = handClock();
  const terminals = new Map<AssetId, Terminal>();
  const idle = { activePowerKw: 0, reactivePowerKvar: 0, voltagePu: 1, isConnected: true };
  const models: ReadonlyMap<AssetId, DeviceModel> = new Map(
    ratings.map((one) => {
      const stateOfCharge = one.kind === 'battery' ? 0.5 : null;
      terminals.set(one.asset, { ...idle, stateOfCharge });
      const terminal = (): Terminal => terminals.get(one.asset)!;
      return [one.asset, new DeviceModel(one, clock, terminal)] as const;
    }),
  );
  const controls = {
    terminal: (asset: AssetId, values: Omit<Terminal, 'isConnected'>): void => {
      terminals.set(asset, { ...idle, ...values });
    },
    asked: (asset: AssetId) => models.get(asset)!.askedKw(),
    setLocal: (asset: AssetId, local: boolean): void => models.get(asset)!.setLocal(local),
    setFault: (asset: AssetId, fault: InjectedFault | null): void => {
      models.get(asset)!.fault = fault;
    },
    advance: (ms: number): void => clock.advance(ms),
    run: <T>(body: () => T): T => body(),
  };
  return { clock, models, controls };
}
