import type { LinkProxy, MessageBus } from '@tieline/bus';
import { assert, type RandomStream, type Rng } from '@tieline/kernel';
import type { LinkQuality } from '@tieline/virtual';
import type { Links } from '../../scenario/controlled-run.ts';
import type { LiveDeployment } from './live-deployment.ts';

/** The links of a live deployment. Times are simulated, as everywhere in a scenario. */
export class LiveLinks implements Links {
  readonly #deployment: LiveDeployment;
  readonly #rate: number;
  readonly #jitter: RandomStream;
  readonly #qualities = new Map<string, { readonly delayMs: number; readonly jitterMs: number }>();

  constructor(deployment: LiveDeployment, rate: number, rng: Rng) {
    this.#deployment = deployment;
    this.#rate = rate;
    this.#jitter = rng.stream('link-jitter');
  }

  /** Whoever it is: they own the broker. */
  bus(): MessageBus {
    return this.#deployment.intruderBus();
  }

  /** Nobody is told, as on virtual time: what is sent waits. */
  cut(site: string): void {
    this.#of(site).stall();
  }

  restore(site: string): void {
    this.#of(site).restore();
  }

  /** What is left out stays as it is. */
  setQuality(site: string, changed: Partial<Pick<LinkQuality, 'delayMs' | 'jitterMs'>>): void {
    const { delayMs, jitterMs } = {
      ...(this.#qualities.get(site) ?? { delayMs: 0, jitterMs: 0 }),
      ...changed,
    };
    this.#qualities.set(site, { delayMs, jitterMs });
    this.#of(site).slow(() => (delayMs + jitterMs * this.#jitter.uniform()) / this.#rate);
  }

  stopBroker(): never {
    return noBroker();
  }

  startBroker(): never {
    return noBroker();
  }

  restartBroker(): never {
    return noBroker();
  }

  #of(site: string): LinkProxy {
    const link = this.#deployment.links.get(site);
    assert(link !== undefined, `a site has a link: ${site}`);
    return link;
  }
}

function noBroker(): never {
  throw new Error('a live broker is part of its control plane');
}
