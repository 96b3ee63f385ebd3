import { setTimeout as delay } from 'node:timers/promises';
import type { AuditLog } from '@tieline/audit';
import type { ControlEvent } from '@tieline/control-plane';
import { type Rng, simulatedClock } from '@tieline/kernel';
import type { Provisioned } from '../../deployment/provision.ts';
import type { HoldsBack } from '../../deployment/withholding.ts';
import { AlarmBook } from '../../scenario/alarm-book.ts';
import type { ControlDesk, ControlledRun, LiveFacts } from '../../scenario/controlled-run.ts';
import type { RunSetting } from '../../scenario/run-scenario.ts';
import { LiveError } from '../failure.ts';
import { LivePlant } from '../live-plant.ts';
import type { ProcessEnd } from './child.ts';
import { type DeploymentFiles, writeDeployment } from './deployment-files.ts';
import { LiveControl } from './live-control.ts';
import { LiveDeployment } from './live-deployment.ts';
import { LiveLinks } from './live-links.ts';
import { LiveLogs } from './live-logs.ts';

/** Real time that the processes have to find each other in before the scenario begins; more for each agent, ms. */
const LEAD_MS = 12_000;
const LEAD_PER_AGENT_MS = 1_000;
/** Between two looks whether they have, real ms. */
const LOOK_MS = 100;
/** A process that has ended is silent first, and its end is heard of within this time, real ms. */
const ENDS_WITHIN_MS = 2_000;
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
  readonly alarms: AlarmBook;
  readonly #parts: LiveParts;
  readonly #stepping: Promise<void>;
  readonly #stopStepping = new AbortController();
  readonly #logs: LiveLogs;
  readonly #control: LiveControl;
  #hears: (event: ControlEvent) => void = () => {};
  #dueMs: number;
  #ended: NonNullable<LiveFacts['ended']> | null = null;
  #stopped: Promise<void> | null = null;

  private constructor(parts: LiveParts) {
    const { options, files, plant, deployment, over } = parts;
    this.#parts = parts;
    this.provisioned = files.provisioned;
    this.#logs = new LiveLogs(options.directory, files.provisioned);
    this.#control = new LiveControl({
      deployment,
      sites: options.simulated.sites.map(({ plant: { site } }) => site),
      onEvent: (event) => this.#heard(event),
      onSilence: (thrown) => void this.#unanswered(thrown),
    });
    this.network = new LiveLinks(deployment, options.rate, options.rng);
    this.world = { wallMs: () => deployment.clock.wallMs(), run: (work) => work() };
    this.#dueMs = options.startMs;
    this.alarms = new AlarmBook(options.startMs);
    this.#stepping = plant
      .run(this.#stopStepping.signal, options.onStep)
      .catch((thrown: unknown) => over.abort(thrown));
  }

  /**
   * Starts everything, and resolves when every agent is linked and runs its model: before the scenario begins. Where a
   * process ends by itself before that, it resolves to a run that is over.
   * @throws {LiveError} not_together; and what `signal` aborts with
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
    const deployment = await LiveDeployment.linked({
      ...{ files, simulated, time, rng, devices: plant.places },
      onEnded: (end) => run.#endedWith(end),
    }).catch(async (thrown: unknown) => {
      await plant.close();
      throw thrown;
    });
    const run = new LiveRun({ options, files, plant, deployment, over });
    try {
      await run.#assemble(leadMs);
    } catch (thrown) {
      await run.#unanswered(thrown);
      if (run.live.ended !== undefined) return run;
      await run.stop();
      throw over.signal.reason;
    }
    return run;
  }

  /** There is nothing more to see: the plant stands still from now on. */
  #endedWith(end: ProcessEnd): void {
    const { options, deployment, over } = this.#parts;
    // Of a run that has not begun, the plant as it stands is all there is to see.
    if (this.trace.steps === 0) this.trace.add(options.startMs, this.plant);
    const atMs = Math.max(0, deployment.clock.wallMs() - options.startMs);
    this.#ended = { ...end, atMs };
    this.#stopStepping.abort();
    over.abort();
  }

  /** Who does not answer may have ended, of which more will be heard in a moment: that is what people want to know. */
  async #unanswered(thrown: unknown): Promise<void> {
    const { deployment, over } = this.#parts;
    if (over.signal.aborted) return;
    await Promise.race([deployment.controlEnded(), delay(ENDS_WITHIN_MS, null, { ref: false })]);
    over.abort(thrown);
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

  /** From the beginning of the scenario on. */
  get logs(): ReadonlyMap<string, AuditLog> {
    return this.#logs.bySite;
  }

  get devices() {
    return this.#parts.plant.devices;
  }

  get control(): ControlDesk | null {
    return this.#control.desk;
  }

  get live(): LiveFacts {
    const { options, plant } = this.#parts;
    const ended = this.#ended === null ? {} : { ended: this.#ended };
    return { rate: options.rate, longestStepMs: plant.longestStepMs, ...ended };
  }

  /** Where each device listens, the file that says it, and the one by which `tieline --context` finds the control plane. */
  get places() {
    const { plant, deployment } = this.#parts;
    const { contextFile: context, devicesFile } = deployment;
    return { context, devicesFile, devices: plant.places };
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

  /** On the link of each site, where nobody sees who has published a message. */
  holdBack(passes: HoldsBack): void {
    this.#parts.deployment.passes = (message) => passes(null, message);
  }

  hearControl(listener: (event: ControlEvent) => void): void {
    this.#hears = listener;
  }

  killControl(): Promise<void> {
    return this.#control.kill();
  }

  startControl(): void {
    this.#control.start();
  }

  setClock(site: string, offsetMs: number): void {
    this.#parts.deployment.setClock(site, offsetMs);
  }

  fillDisk(site: string, full: boolean): Promise<void> {
    return this.#parts.deployment.fillDisk(site, full);
  }

  /** Until then by the clock, however long what happened before took. */
  async advance(durationMs: number): Promise<void> {
    const { deployment, over } = this.#parts;
    this.#dueMs += durationMs;
    const restMs = this.#dueMs - deployment.clock.wallMs();
    await deployment.clock.sleepUntil(deployment.clock.monotonicMs() + restMs, over.signal);
    if (this.#ended === null) over.signal.throwIfAborted();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  auditLog(site: string): AuditLog {
    return this.#logs.open(site);
  }

  /** After the last look at an audit log. */
  [Symbol.dispose](): void {
    this.#logs.close();
  }

  async #assemble(withinMs: number): Promise<void> {
    const { files, deployment, options, over } = this.#parts;
    const operator = await deployment.start();
    const digest = await operator.pushModel(files.packedModel, files.release);
    const sites = options.simulated.sites.map(({ plant }) => plant.site);
    for (const site of sites) await operator.directModel(site, digest);
    const desk = await this.#control.sit(operator);
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
    for (const site of sites) this.#logs.open(site);
  }

  async #end(): Promise<void> {
    this.#stopStepping.abort();
    await this.#stepping;
    this.#control.leave();
    await this.#parts.deployment.stop();
    await this.#parts.plant.close();
  }
}
