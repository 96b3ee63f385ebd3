import { setTimeout as delay } from 'node:timers/promises';
import type { ControlEvent } from '@tieline/control-plane';
import type { ControlDesk, SeenAgent, SeenCommand } from '../../scenario/controlled-run.ts';
import type { AgentDetail, Operator } from './operator.ts';

/** Between two looks, real ms. */
const LOOK_MS = 50;
const UNHEARD: SeenAgent = {
  ...{ link: 'unheard', auditReceipted: 0, reported: null, waiting: 0 },
  measurements: [],
};

/**
 * A control plane in another process, as it was a moment ago: what it says is asked for over and over, so that it can be
 * read at once after each step of the plant.
 */
export class LiveDesk implements ControlDesk {
  readonly #operator: Operator;
  readonly #sites: readonly string[];
  readonly #followed: Set<string>;
  readonly #commands = new Map<string, SeenCommand>();
  readonly #agents = new Map<string, AgentDetail>();

  /** @param followed  ids of the commands to ask for; those that are submitted here are added */
  constructor(operator: Operator, sites: readonly string[], followed: Set<string>) {
    this.#operator = operator;
    this.#sites = sites;
    this.#followed = followed;
  }

  agent(site: string): SeenAgent {
    return this.#agents.get(site) ?? UNHEARD;
  }

  /** Whether the agent of a site is linked and runs its model. */
  isReady(site: string): boolean {
    const agent = this.#agents.get(site);
    return agent?.link === 'present' && typeof agent.reported?.model === 'string';
  }

  command(id: string): SeenCommand | undefined {
    return this.#commands.get(id);
  }

  async submitOrder(order: Uint8Array) {
    const submitted = await this.#operator.submitOrder(order);
    for (const { id } of submitted.commands) this.#followed.add(id);
    return submitted;
  }

  acceptPolicy(policy: Uint8Array): Promise<void> {
    return this.#operator.publishPolicy(policy);
  }

  async pushModel(packed: Uint8Array, release: Uint8Array) {
    return { digest: await this.#operator.pushModel(packed, release) };
  }

  directModel(site: string, digest: string): Promise<void> {
    return this.#operator.directModel(site, digest);
  }

  /** @throws where the control plane does not answer */
  async look(): Promise<void> {
    for (const site of this.#sites) this.#agents.set(site, await this.#operator.agent(site));
    for (const id of this.#followed) this.#commands.set(id, await this.#operator.command(id));
  }

  /** Hands on what it says until `signal` aborts. @throws where the control plane does not answer any more */
  async hear(signal: AbortSignal, listener: (event: ControlEvent) => void): Promise<void> {
    try {
      for await (const event of this.#operator.events(signal)) listener(event);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  }

  /** Looks until `signal` aborts. @throws where the control plane does not answer any more */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.look();
        await delay(LOOK_MS, undefined, { signal });
      } catch (thrown) {
        if (!signal.aborted) throw thrown;
      }
    }
  }
}
