import { DER_CONTROL } from '@tieline/grid';
import type { Clock, Logger } from '@tieline/kernel';
import type { AssetMeasurement, DeviceSetpoint } from '../../ports/devices.ts';
import { ASSET_PROFILES, type AssetProfile, checkRatings, isLocal } from './asset-profile.ts';
import type { ModbusDeviceConfig } from './device-config.ts';
import { DeviceError } from './device-error.ts';
import { type DueMs, ModbusLink } from './modbus-link.ts';
import { SunSpecSession } from './sunspec-session.ts';

/** Connecting and discovering may take longer than a cycle on a slow line; it goes on beside the cycles. */
const OPEN_WITHIN_MS = 5_000;
const BACKOFF_FIRST_MS = 250;
const BACKOFF_MAX_MS = 10_000;
/** A device whose own heartbeat stands still for so long answers from somebody's cache. */
const HEARTBEAT_STILL_MAX_MS = 10_000;
const UINT32_MAX = 0xffff_fffe;
/** Connections in a row that a device may let go silent over our heartbeat: one may be lost by chance. */
const BEATS_LOST_MAX = 2;

/**
 * One device of a site: connects when it is asked and not connected, discovers, checks the nameplate,
 * reads and writes. A failure never waits for the next attempt: the caller is told at once.
 */
export class DeviceConnection {
  readonly #config: ModbusDeviceConfig;
  readonly #profile: AssetProfile;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #session: SunSpecSession | null = null;
  #opening: Promise<void> | null = null;
  #openingLink: ModbusLink | null = null;
  #lastError = new DeviceError('unreachable', 'not connected yet');
  #failures = 0;
  #nextAttemptMs: DueMs = 0;
  #closed = false;
  #controllerBeat = 0;
  #takesBeat = true;
  /** Connections lost over our heartbeat since it was last taken. */
  #beatsLost = 0;
  #deviceBeat: { readonly value: number; readonly sinceMs: number } | null = null;

  constructor(config: ModbusDeviceConfig, clock: Clock, logger: Logger) {
    this.#config = config;
    this.#profile = ASSET_PROFILES[config.kind];
    this.#clock = clock;
    this.#logger = logger.child({ asset: config.asset });
  }

  /** @throws {DeviceError} */
  async read(dueMs: DueMs): Promise<AssetMeasurement> {
    const session = await this.#connected(dueMs);
    try {
      await session.refresh(dueMs);
      const measured = this.#profile.measurement(session, this.#config);
      if (this.#profile.write !== null) this.#checkDeviceBeat(session);
      this.#failures = 0;
      if (this.#profile.write !== null && !measured.local) await this.#beat(session, dueMs);
      return measured;
    } catch (thrown) {
      throw this.#noteFailure(session, thrown);
    }
  }

  /** @throws {DeviceError} */
  async write(setpoint: DeviceSetpoint, dueMs: DueMs): Promise<void> {
    const { write } = this.#profile;
    if (write === null) {
      throw new DeviceError('refused', `a ${this.#config.kind} is not controlled`);
    }
    const session = await this.#connected(dueMs);
    if (isLocal(session)) throw new DeviceError('refused', 'the device is in local control');
    try {
      await write(session, setpoint, dueMs);
    } catch (thrown) {
      throw this.#noteFailure(session, thrown);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#openingLink?.close();
    this.#session?.link.close();
    await this.#opening;
  }

  /** The session, or the reason why there is none by `dueMs`; an attempt goes on beyond it. */
  async #connected(dueMs: DueMs): Promise<SunSpecSession> {
    if (this.#session?.link.open === true) return this.#session;
    this.#session = null;
    if (this.#opening === null) {
      if (this.#closed || performance.now() < this.#nextAttemptMs) throw this.#lastError;
      this.#opening = this.#open().finally(() => {
        this.#opening = null;
        this.#openingLink = null;
      });
    }
    const inTime = await endsBefore(this.#opening, dueMs);
    const session = this.#sessionNow();
    if (session !== null) return session;
    if (inTime || this.#failures > 0) throw this.#lastError;
    throw new DeviceError('unreachable', 'still connecting');
  }

  /** What another turn of the event loop has made of it; the compiler would hold on to `null`. */
  #sessionNow(): SunSpecSession | null {
    return this.#session;
  }

  /** Never rejects: what went wrong is in `#lastError`. */
  async #open(): Promise<void> {
    const { host, port, unitId } = this.#config;
    const link = new ModbusLink(host, port, unitId);
    this.#openingLink = link;
    const dueMs = performance.now() + OPEN_WITHIN_MS;
    try {
      await link.connected(dueMs);
      const { models, cyclic, writable } = this.#profile;
      const session = await SunSpecSession.discover(link, models, cyclic, writable, dueMs);
      checkRatings(session, this.#config);
      this.#deviceBeat = null;
      this.#takesBeat = this.#beatsLost < BEATS_LOST_MAX;
      this.#session = session;
      this.#logger.info('device_connected', { host, port });
    } catch (thrown) {
      link.close();
      this.#backOff(asDeviceError(thrown));
    }
  }

  #noteFailure(session: SunSpecSession, thrown: unknown): DeviceError {
    const error = asDeviceError(thrown);
    if (!session.link.open) this.#backOff(error);
    return error;
  }

  /** The first attempt after a failure is free: most often a connection was only cut. */
  #backOff(error: DeviceError): void {
    const again = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.max(0, this.#failures - 1));
    const waitMs = this.#failures === 0 ? 0 : again;
    if (this.#failures === 0 || error.code !== this.#lastError.code) {
      this.#logger.warn('device_lost', { fault: error.code, detail: error.failure.detail });
    }
    this.#failures += 1;
    this.#nextAttemptMs = performance.now() + waitMs;
    this.#lastError = error;
  }

  /**
   * Tells the device that its controller lives. What was measured before it stays good if this fails. A
   * device that refuses it is not asked again on this connection, one that is silent to it never: each time
   * would cost the connection, and every reading of the site the rest of its time.
   */
  async #beat(session: SunSpecSession, dueMs: DueMs): Promise<void> {
    if (!this.#takesBeat) return;
    this.#controllerBeat = this.#controllerBeat >= UINT32_MAX ? 0 : this.#controllerBeat + 1;
    try {
      await session.write(DER_CONTROL, { ControllerHb: this.#controllerBeat }, dueMs);
      this.#beatsLost = 0;
    } catch (thrown) {
      this.#noteFailure(session, thrown);
      this.#takesBeat = false;
      if (session.link.open) return;
      this.#beatsLost += 1;
      if (this.#beatsLost >= BEATS_LOST_MAX) this.#logger.warn('controller_heartbeat_given_up');
    }
  }

  #checkDeviceBeat(session: SunSpecSession): void {
    const value = session.value(DER_CONTROL, 'DERHb');
    if (typeof value !== 'number') return;
    const nowMs = this.#clock.monotonicMs();
    if (this.#deviceBeat?.value !== value) this.#deviceBeat = { value, sinceMs: nowMs };
    const stillMs = nowMs - this.#deviceBeat.sinceMs;
    if (stillMs < HEARTBEAT_STILL_MAX_MS) return;
    const still = `its heartbeat stands at ${value} for ${Math.round(stillMs / 1_000)} s`;
    throw new DeviceError('implausible', still);
  }
}

/** Whether the promise, which never rejects, ended before the time. */
async function endsBefore(ending: Promise<void>, dueMs: DueMs): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.max(0, dueMs - performance.now()));
  });
  try {
    return await Promise.race([ending.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What is not the device's fault is a bug, and is not swallowed. */
function asDeviceError(thrown: unknown): DeviceError {
  if (thrown instanceof DeviceError) return thrown;
  throw thrown;
}
