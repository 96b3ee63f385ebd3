import { ANONYMOUS_FILE, AuditWitness, type Database, openDatabase } from '@tieline/audit';
import { GRANT_ALL } from '@tieline/bus';
import {
  type ControlEvent,
  ControlPlane,
  RECONNECT,
  SqliteControlStore,
  SqliteTelemetryStore,
} from '@tieline/control-plane';
import { packModel, SHIPPED_FORECAST_DIRECTORY } from '@tieline/inference';
import { assert, type Logger, type Rng } from '@tieline/kernel';
import type { VirtualNetwork, VirtualWorld } from '@tieline/virtual';
import { type Provisioned, signRelease } from '../deployment/provision.ts';
import type { SimulatedFeeder } from '../deployment/simulated-site.ts';
import { AlarmBook } from '../scenario/alarm-book.ts';

const CLIENT = 'control-plane';

export interface VirtualControlParts {
  readonly world: VirtualWorld;
  readonly network: VirtualNetwork;
  /** Its own streams. */
  readonly rng: Rng;
  readonly logger: Logger;
  readonly simulated: SimulatedFeeder;
  readonly provisioned: Provisioned;
}

/** What the processes of a control plane leave to each other. */
interface Disk {
  readonly telemetry: SqliteTelemetryStore;
  readonly witness: Database;
  store: SqliteControlStore;
}

/** The control plane of a virtual run: a process that may end and start again, and the disk that outlives it. */
export class VirtualControl {
  /** Hears what each process says. */
  onEvent: (event: ControlEvent) => void = () => {};
  readonly #parts: VirtualControlParts;
  /** Null before the first process. */
  #disk: Disk | null = null;
  #plane: ControlPlane | null = null;
  readonly alarms = new AlarmBook();

  constructor(parts: VirtualControlParts) {
    this.#parts = parts;
  }

  /** Null while no process runs. */
  get plane(): ControlPlane | null {
    return this.#plane;
  }

  /** Starts a process on what the last one left: under a new epoch, with nothing else remembered. */
  start(): ControlPlane {
    assert(this.#plane === null, 'one control plane runs at a time');
    const { world, network, rng, logger, simulated, provisioned } = this.#parts;
    const { trust, control: keys } = provisioned;
    this.#disk ??= newDisk();
    const { telemetry, witness, store } = this.#disk;
    const audit = new AuditWitness({
      db: witness,
      deployment: simulated.deployment,
      anchor: trust.anchor,
      key: keys.witness,
      clock: world,
    });
    const ports = {
      ...{ clock: world, rng, logger, bus: network.bus(CLIENT, GRANT_ALL, RECONNECT) },
      ...{ store, telemetry, audit },
    };
    const { feeder, sites } = simulated;
    const places = sites.map(({ plant: { site, bus } }) => ({ site, bus, meter: 'meter' }));
    this.#plane = new ControlPlane(ports, { trust, keys, feeder, places });
    this.#plane.events.listen(({ event }) => {
      this.alarms.note(event, world.wallMs());
      this.onEvent(event);
    });
    this.#plane.start();
    return this.#plane;
  }

  /** Starts the first process, and hands it what people have signed: a policy, and a model for every site. */
  startFirst(issuedAt: number): void {
    const plane = this.start();
    const { simulated, provisioned } = this.#parts;
    const { trust, policyBytes, releaseKey } = provisioned;
    plane.acceptPolicy(policyBytes);
    const packed = packModel(SHIPPED_FORECAST_DIRECTORY);
    const named = { name: 'site-import-forecast', version: '1.0.0' };
    const release = signRelease(packed, named, trust, releaseKey, issuedAt);
    const { digest } = plane.pushModel(packed, release);
    for (const { plant } of simulated.sites) plane.directModel(plant.site, digest);
  }

  /** Ends without a word: what stood in its stores at this moment is all that is left of it. */
  async kill(): Promise<void> {
    const [plane, disk] = [this.#plane, this.#disk];
    if (plane === null || disk === null) return;
    const left = disk.store;
    // What it still writes as it ends is written to nobody's disk. This store alone is small enough to go on in memory.
    disk.store = new SqliteControlStore(left.serialize());
    this.#plane = null;
    this.#parts.network.crash(CLIENT);
    await this.#parts.world.run(() => plane.stop());
    left.close();
  }

  /** After the last look at it. */
  dispose(): void {
    if (this.#disk === null) return;
    const { telemetry, witness, store } = this.#disk;
    for (const one of [telemetry, witness, store]) one.close();
  }
}

function newDisk(): Disk {
  return {
    telemetry: new SqliteTelemetryStore(ANONYMOUS_FILE),
    witness: openDatabase(ANONYMOUS_FILE, { synchronous: 'FULL' }),
    store: new SqliteControlStore(ANONYMOUS_FILE),
  };
}
