import { clamp } from '@tieline/kernel';
import type { Action, Rank, SitePolicy } from '@tieline/protocol';
import type { AssetMeasurement, AssetRatings } from '../../ports/devices.ts';
import { acceptCommand, type CommandEvent } from './active-actions.ts';
import { type ControlState, initialState } from './control-state.ts';
import { type Decision, decide } from './decide.ts';
import type { ImageReading, ProcessImage } from './process-image.ts';

const ENERGY_KWH = 200;

export const ratings: readonly AssetRatings[] = [
  { asset: 'meter', kind: 'meter', dischargeMaxKw: 0, chargeMaxKw: 0, energyKwh: 0 },
  { asset: 'load', kind: 'load', dischargeMaxKw: 0, chargeMaxKw: 0, energyKwh: 0 },
  {
    asset: 'battery',
    kind: 'battery',
    dischargeMaxKw: 100,
    chargeMaxKw: 100,
    energyKwh: ENERGY_KWH,
  },
  { asset: 'pv', kind: 'pv', dischargeMaxKw: 60, chargeMaxKw: 0, energyKwh: 0 },
];

export const policy: SitePolicy = {
  site: 'site-1',
  importMaxKw: 250,
  exportMaxKw: 50,
  quarterHourImportMaxKw: 100,
  rechargeImportMaxKw: 60,
  assets: [
    {
      asset: 'battery',
      limit: { minKw: -80, maxKw: 80 },
      margin: { minKw: -40, maxKw: 60 },
      reserveStateOfCharge: 0.2,
      rampKwPerS: 10,
      safePowerKw: 0,
    },
    {
      asset: 'pv',
      limit: { minKw: 0, maxKw: 60 },
      margin: { minKw: 0, maxKw: 60 },
      reserveStateOfCharge: 0,
      rampKwPerS: 10,
      safePowerKw: 0,
    },
  ],
  dwellMs: 5_000,
  reversalsPerHourMax: 4,
  releaseWithinMs: 0,
  commandsPerHourMax: 60,
};

export const measured = (
  activePowerKw: number,
  more: Partial<AssetMeasurement> = {},
): AssetMeasurement => ({
  activePowerKw,
  reactivePowerKvar: 0,
  voltagePu: 1,
  stateOfCharge: null,
  setpointKw: null,
  local: false,
  reversionRemainingS: null,
  ...more,
});

/** A site whose devices take over at once what they are asked, stepped second by second. */
export class Bench {
  state: ControlState;
  sessionMs = 0;
  loadKw = 80;
  pvKw = 0;
  stateOfCharge = 0.6;
  batteryKw = 0;
  /** The battery acknowledges every write and discards it. */
  deaf = false;
  askedKw: number | null = null;
  pvAskedKw: number | null = null;
  forecastKw: number | null = null;
  override: Partial<Record<string, ImageReading>> = {};
  readonly events: CommandEvent[] = [];
  last: Decision | null = null;

  constructor(with_: SitePolicy | null = policy) {
    this.state = initialState(ratings, with_);
  }

  command(command: string, actions: Action[], rank: Rank = 'routine'): void {
    const draws = actions.map(() => 0.5);
    const accepted = {
      command,
      rank,
      actions,
      acceptedMs: this.sessionMs,
      startDraws: draws,
      releaseDraws: draws,
    };
    const taken = acceptCommand(this.state, accepted);
    this.state = taken.state;
    this.events.push(...taken.events);
  }

  image(): ProcessImage {
    const battery = { stateOfCharge: this.stateOfCharge, setpointKw: this.askedKw };
    const readings: Record<string, ImageReading> = {
      meter: measured(this.pvKw + this.batteryKw - this.loadKw),
      load: measured(-this.loadKw),
      battery: measured(this.batteryKw, battery),
      pv: measured(this.pvKw, { setpointKw: this.pvAskedKw }),
    };
    for (const [asset, reading] of Object.entries(this.override)) {
      if (reading !== undefined) readings[asset] = reading;
    }
    const wallMs = Date.UTC(2026, 2, 3, 18) + this.sessionMs;
    return { sessionMs: this.sessionMs, wallMs, clock: 'trusted', readings };
  }

  run(seconds: number): Decision {
    for (let second = 0; second < seconds; second += 1) {
      const { state, decision } = decide(this.state, this.image(), this.forecastKw);
      this.state = state;
      this.last = decision;
      this.events.push(...decision.events);
      this.pvAskedKw = decision.setpoints['pv'] ?? null;
      if (!this.deaf) {
        this.askedKw = decision.setpoints['battery'] ?? null;
        this.batteryKw = this.askedKw ?? 0;
      }
      this.stateOfCharge = clamp(this.stateOfCharge - this.batteryKw / 3_600 / ENERGY_KWH, 0, 1);
      this.sessionMs += 1_000;
    }
    return this.last!;
  }

  statesOf(command: string): string[] {
    return this.events
      .filter((event) => event.command === command)
      .map(({ status }) =>
        status.state === 'confirmed' ? `confirmed(${status.by})` : status.state,
      );
  }
}

export const setpoint = (
  activePowerKw: number,
  more: Partial<Action & { type: 'setpoint' }> = {},
): Action => ({
  type: 'setpoint',
  asset: 'battery',
  activePowerKw,
  rampKwPerS: 1_000,
  rampOutKwPerS: 1_000,
  startWithinMs: 0,
  validForMs: 30_000,
  revert: { to: 'local' },
  priority: 0,
  ...more,
});
/** A command's id. */
export const id = (letter: string): string => letter.repeat(32);
