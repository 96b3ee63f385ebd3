import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AuditLog, type Database, openDatabase } from '@tieline/audit';
import type { ControlEvent } from '@tieline/control-plane';
import { assert, type Rng, simulatedClock } from '@tieline/kernel';
import type { Provisioned } from '../../deployment/provision.ts';
import { AlarmBook } from '../../scenario/alarm-book.ts';
import type { ControlDesk, ControlledRun, Pace } from '../../scenario/controlled-run.ts';
import type { RunSetting } from '../../scenario/run-scenario.ts';
import { LiveError } from '../failure.ts';
import { LivePlant } from '../live-plant.ts';
import { type DeploymentFiles, writeDeployment } from './deployment-files.ts';
import { LiveDeployment } from './live-deployment.ts';
import { LiveDesk } from './live-desk.ts';
import { LiveLinks } from './live-links.ts';
import type { Operator } from './operator.ts';

/** Real time that the processes have to find each other in before the scenario begins; more for each agent, ms. */
const LEAD_MS = 12_000;
const LEAD_PER_AGENT_MS = 1_000;
/** Between two looks whether they have, real ms. */
const LOOK_MS = 100;
/** Documents are an hour older than the scenario, so that no process finds them in its future. */
const ISSUED_BEFORE_S = 3_600;

export interface LiveRunOptions extends RunSetting {
  /** For the deployment's files; made if it is missing. */
  readonly directory: string;
  /** Simulated seconds in a real one. */
  readonly rate: number;
  readonly rng: Rng;
  /** Ends the run: `advance` throws its reason. */
  readonly signal: AbortSignal;
}

interface LiveParts {
  readonly options: LiveRunOptions;
  readonly files: DeploymentFiles;
  readonly plant: LivePlant;
  readonly deployment: LiveDeployment;
  /** Aborts when the run cannot go on: interrupted, a process that ended, a voltage that collapsed. */
  readonly over: AbortController;
}

/** A scenario's world with real processes, sockets, files and devices. */
export class LiveRun implements ControlledRun {
  readonly network: LiveLinks;
  readonly provisioned: Provisioned;
  readonly world: ControlledRun['world'];
  readonly inside = null;
  readonly connectsPerS = null;
  readonly alarms = new AlarmBook();
  readonly logs = new Map<string, AuditLog>();
  readonly #parts: LiveParts;
  readonly #stepping: Promise<void>;
  readonly #stopStepping = new AbortController();
  readonly #databases: Database[] = [];
  #hears: (event: ControlEvent) => void = () => {};
  /** Commands that are asked for, whichever control plane runs. */
  readonly #followed = new Set<string>();
  #desk: LiveDesk | null = null;
  #stopControl = new AbortController();
  #dueMs: number;
  #stopped: Promise<void> | null = null;

  private constructor(parts: LiveParts) {
    const { options, files, plant, deployment, over } = parts;
    this.#parts = parts;
    this.provisioned = files.provisioned;
    this.network = new LiveLinks(deployment, options.rate, options.rng);
    this.world = { wallMs: () => deployment.clock.wallMs(), run: (work) => work() };
    this.#dueMs = options.startMs;
    this.#stepping = plant
      .run(this.#stopStepping.signal, options.onStep)
      .catch((thrown: unknown) => over.abort(thrown));
  }

  /**
   * Starts everything, and resolves when every agent is linked and runs its model: before the scenario begins.
   * @throws {LiveError} process_ended | not_together; and what `signal` aborts with
   */
  static async begin(options: LiveRunOptions): Promise<LiveRun> {
    const { directory, simulated, seed, startMs, disturbances, rate, rng, signal } = options;
    const issuedAt = Math.floor(startMs / 1_000) - ISSUED_BEFORE_S;
    const files = writeDeployment(directory, simulated, rng, issuedAt);
    const leadMs = LEAD_MS + LEAD_PER_AGENT_MS * simulated.sites.length;
    const time = { rate, realOriginMs: Date.now() + leadMs, simulatedOriginMs: startMs };
    const over = new AbortController();
    signal.addEventListener('abort', () => over.abort(signal.reason));
    const standing = { seed, startMs, ...(disturbances === undefined ? {} : { disturbances }) };
    const plant = await LivePlant.listening(simulated, standing, simulatedClock(time));
    const onFailure = (reason: string): void =>
      over.abort(new LiveError({ code: 'process_ended', reason }, reason));
    let run: LiveRun | null = null;
    try {
      const { deployment, operator } = await LiveDeployment.begin({
        ...{ files, simulated, time, rng, ports: plant.ports, onFailure },
      });
      run = new LiveRun({ options, files, plant, deployment, over });
      await run.#assemble(operator, leadMs);
      return run;
    } catch (thrown) {
      await (run === null ? plant.close() : run.stop());
      // Who does not answer has ended: that is what people want to know.
      throw over.signal.aborted ? over.signal.reason : thrown;
    }
  }

  #heard(event: ControlEvent): void {
    this.alarms.note(event, this.world.wallMs());
    this.#hears(event);
  }

  get plant() {
    return this.#parts.plant.plant;
  }

  get trace() {
    return this.#parts.plant.trace;
  }

  get devices() {
    return this.#parts.plant.devices;
  }

  get control(): ControlDesk | null {
    return this.#desk;
  }

  get pace(): Pace {
    const { options, plant } = this.#parts;
    return { rate: options.rate, longestStepMs: plant.longestStepMs };
  }

  /** Where each device listens, and the file by which `tieline --context` finds the control plane. */
  get places() {
    const { plant, deployment } = this.#parts;
    return { devices: plant.ports, context: deployment.contextFile };
  }

  hasAgent(site: string): boolean {
    return this.#parts.deployment.hasAgent(site);
  }

  kill(site: string): Promise<void> {
    return this.#parts.deployment.killAgent(site);
  }

  start(site: string): void {
    this.#parts.deployment.startAgent(site);
  }

  hearControl(listener: (event: ControlEvent) => void): void {
    this.#hears = listener;
  }

  async killControl(): Promise<void> {
    this.#stopControl.abort();
    this.#desk = null;
    await this.#parts.deployment.killControl();
  }

  /** It is asked again as soon as it serves; nobody waits for that, as nobody does on virtual time. */
  startControl(): void {
    const { deployment, over } = this.#parts;
    const stop = new AbortController();
    this.#stopControl = stop;
    deployment
      .startControl()
      .then((operator) => this.#sit(operator, stop.signal))
      .catch((thrown: unknown) => {
        if (!stop.signal.aborted) over.abort(thrown);
      });
  }

  setClock(): never {
    throw new Error('the clock of a live process cannot be set');
  }

  /** Until then by the clock, however long what happened before took. */
  async advance(durationMs: number): Promise<void> {
    const { deployment, over } = this.#parts;
    this.#dueMs += durationMs;
    const restMs = this.#dueMs - deployment.clock.wallMs();
    await deployment.clock.sleepUntil(deployment.clock.monotonicMs() + restMs, over.signal);
    over.signal.throwIfAborted();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  auditLog(site: string): AuditLog {
    const log = this.logs.get(site);
    assert(log !== undefined, 'a site whose agent has run');
    return log;
  }

  /** After the last look at an audit log. */
  [Symbol.dispose](): void {
    for (const db of this.#databases) db.close();
  }

  async #assemble(operator: Operator, withinMs: number): Promise<void> {
    const { files, deployment, options, over } = this.#parts;
    const digest = await operator.pushModel(files.packedModel, files.release);
    const sites = options.simulated.sites.map(({ plant }) => plant.site);
    for (const site of sites) await operator.directModel(site, digest);
    const desk = await this.#sit(operator, this.#stopControl.signal);
    for (;;) {
      over.signal.throwIfAborted();
      const missing = sites.filter((site) => !desk.isReady(site));
      const isLate = deployment.clock.wallMs() >= options.startMs;
      if (missing.length === 0 && !isLate) break;
      if (isLate) {
        const failure = { code: 'not_together', withinMs, missing: missing.join(' ') } as const;
        const who = missing.length === 0 ? 'the control plane' : failure.missing;
        throw new LiveError(failure, `not ready within ${withinMs / 1_000} s: ${who}`);
      }
      await delay(LOOK_MS);
    }
    for (const site of sites) this.#openLog(site);
  }

  /** Beside the agent that writes it: readers of a database in WAL mode and its writer do not wait for each other. */
  #openLog(site: string): void {
    const { trust, agents } = this.provisioned;
    const key = agents.get(site);
    assert(key !== undefined, 'every site has a key');
    const path = join(this.#parts.options.directory, site, 'agent.sqlite');
    const db = openDatabase(path, { synchronous: 'FULL' });
    this.#databases.push(db);
    const identity = { anchor: trust.anchor, deployment: trust.document.deployment, site };
    this.logs.set(site, new AuditLog({ db, identity, key }));
  }

  /** Somebody asks the control plane from now on. @param signal  aborts when it ends */
  async #sit(operator: Operator, signal: AbortSignal): Promise<LiveDesk> {
    const sites = this.#parts.options.simulated.sites.map(({ plant }) => plant.site);
    const desk = new LiveDesk(operator, sites, this.#followed);
    await desk.look();
    if (!signal.aborted) this.#desk = desk;
    const watching = [desk.watch(signal), desk.hear(signal, (event) => this.#heard(event))];
    Promise.all(watching).catch((thrown: unknown) => this.#parts.over.abort(thrown));
    return desk;
  }

  async #end(): Promise<void> {
    this.#stopStepping.abort();
    await this.#stepping;
    this.#stopControl.abort();
    await this.#parts.deployment.stop();
    await this.#parts.plant.close();
  }
}
