import type { ControlEvent } from '@tieline/control-plane';
import type { LiveDeployment } from './live-deployment.ts';
import { LiveDesk } from './live-desk.ts';
import type { Operator } from './operator.ts';

interface LiveControlParts {
  readonly deployment: LiveDeployment;
  readonly sites: readonly string[];
  onEvent(event: ControlEvent): void;
  /** It does not answer any more, and nobody has ended it. */
  onSilence(thrown: unknown): void;
}

/** The control plane of a live run, whichever process that is, and who sits at its desk. */
export class LiveControl {
  readonly #parts: LiveControlParts;
  /** Commands that are asked for, whichever process runs. */
  readonly #followed = new Set<string>();
  #desk: LiveDesk | null = null;
  #leave = new AbortController();

  constructor(parts: LiveControlParts) {
    this.#parts = parts;
  }

  /** Null while no process runs. */
  get desk(): LiveDesk | null {
    return this.#desk;
  }

  /** Somebody asks the process that serves from now on. @throws where it does not answer */
  sit(operator: Operator): Promise<LiveDesk> {
    return this.#sit(operator, this.#leave.signal);
  }

  /** Nobody asks any more. */
  leave(): void {
    this.#leave.abort();
  }

  async kill(): Promise<void> {
    this.leave();
    this.#desk = null;
    await this.#parts.deployment.killControl();
  }

  /** It is asked again as soon as it serves; nobody waits for that, as nobody does on virtual time. */
  start(): void {
    this.#leave = new AbortController();
    const { signal } = this.#leave;
    this.#startAndSit(signal).catch((thrown: unknown) => {
      if (!signal.aborted) this.#parts.onSilence(thrown);
    });
  }

  async #startAndSit(signal: AbortSignal): Promise<void> {
    await this.#sit(await this.#parts.deployment.startControl(), signal);
  }

  async #sit(operator: Operator, signal: AbortSignal): Promise<LiveDesk> {
    const { sites, onEvent, onSilence } = this.#parts;
    const desk = new LiveDesk(operator, sites, this.#followed);
    await desk.look();
    if (!signal.aborted) this.#desk = desk;
    Promise.all([desk.watch(signal), desk.hear(signal, onEvent)]).catch(onSilence);
    return desk;
  }
}
