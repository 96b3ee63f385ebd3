import { assert } from '@tieline/kernel';
import { ModelError } from './errors.ts';
import type { Inference, InferenceResult, ModelSession } from './inference.ts';
import type { Digest, FeatureSpec, ModelManifest } from './manifest.ts';

export interface ModelSlotOptions {
  readonly inference: Inference;
  /** What the caller will feed, in order; a package that takes anything else is refused. */
  readonly features: readonly FeatureSpec[];
  /** Failures in a row of the running model after which the last good one returns. */
  readonly failuresMax: number;
}

/** What a cycle boundary changed, for the audit log. */
export type SlotChange =
  | { readonly kind: 'activated'; readonly running: Digest; readonly was: Digest | null }
  | {
      readonly kind: 'rolled_back';
      readonly running: Digest;
      readonly was: Digest;
      readonly lastFault: string;
    }
  | { readonly kind: 'withdrawn'; readonly running: null; readonly was: Digest };

/** What a slot holds; `running` is the truth about what infers, whatever was asked for. */
export interface SlotStatus {
  readonly running: Digest | null;
  readonly candidate: Digest | null;
  readonly lastGood: Digest | null;
}

/**
 * The model that runs, the one that waits beside it, and the one to return to.
 *
 * A candidate is loaded, warmed and self-tested while the running model goes on, and takes over only
 * at a cycle boundary, so that one cycle never mixes two models. The model that it replaces stays
 * loaded (some 20 MB): a rollback must not depend on a load that may fail. Where there is none, a
 * failing model stays, and the caller's rule goes on beside it.
 */
export class ModelSlot {
  readonly #options: ModelSlotOptions;
  readonly #closing = new Set<Promise<void>>();
  #running: ModelSession | null = null;
  #candidate: ModelSession | null = null;
  #lastGood: ModelSession | null = null;
  #preparing = false;
  #failures = 0;
  #lastFault = '';
  #rolledBackFrom: Digest | null = null;

  constructor(options: ModelSlotOptions) {
    assert(options.failuresMax > 0, 'a model may fail at least once');
    this.#options = options;
  }

  get status(): SlotStatus {
    return {
      running: this.#running?.digest ?? null,
      candidate: this.#candidate?.digest ?? null,
      lastGood: this.#lastGood?.digest ?? null,
    };
  }

  get manifest(): ModelManifest | null {
    return this.#running?.manifest ?? null;
  }

  /**
   * Makes a package the candidate, in place of an earlier one. One call at a time.
   *
   * @throws {ModelError} as `Inference.load`; features_differ; rolled_back_before for the package that
   *   was last rolled back from. The running model and the earlier candidate stay as they were.
   */
  async prepare(packed: Uint8Array): Promise<Digest> {
    assert(!this.#preparing, 'one candidate is prepared at a time');
    this.#preparing = true;
    try {
      const session = await this.#options.inference.load(packed);
      const refusal = this.#refusal(session);
      if (refusal !== null) {
        await session.close();
        throw refusal;
      }
      if (this.#candidate !== null) this.#close(this.#candidate);
      this.#candidate = session;
      return session.digest;
    } finally {
      this.#preparing = false;
    }
  }

  /** Call between two cycles: the candidate takes over, or a failing model gives way to the last good one. */
  atCycleBoundary(): SlotChange | null {
    const was = this.#running;
    if (this.#candidate !== null) {
      if (this.#lastGood !== null) this.#close(this.#lastGood);
      // A model that has failed too often is not good to return to.
      const good = this.#failures < this.#options.failuresMax ? was : null;
      if (good === null && was !== null) this.#close(was);
      this.#lastGood = good;
      this.#start(this.#candidate);
      this.#candidate = null;
      return { kind: 'activated', running: this.#digestRunning(), was: was?.digest ?? null };
    }
    const back = this.#lastGood;
    if (was === null || back === null || this.#failures < this.#options.failuresMax) return null;
    const lastFault = this.#lastFault;
    this.#rolledBackFrom = was.digest;
    this.#close(was);
    this.#lastGood = null;
    this.#start(back);
    return { kind: 'rolled_back', running: back.digest, was: was.digest, lastFault };
  }

  /** The candidate is wanted no more; the running model goes on. */
  dropCandidate(): void {
    if (this.#candidate !== null) this.#close(this.#candidate);
    this.#candidate = null;
  }

  /** Call between two cycles: from here on no model runs. Null where none did. */
  withdraw(): SlotChange | null {
    const was = this.#running;
    this.dropCandidate();
    if (this.#lastGood !== null) this.#close(this.#lastGood);
    this.#lastGood = null;
    this.#running = null;
    if (was === null) return null;
    this.#close(was);
    return { kind: 'withdrawn', running: null, was: was.digest };
  }

  /** Null while no model runs. */
  async infer(features: ArrayLike<number>): Promise<InferenceResult | null> {
    const session = this.#running;
    if (session === null) return null;
    const result = await session.infer(features);
    if (session === this.#running) this.#count(result);
    return result;
  }

  async close(): Promise<void> {
    for (const session of [this.#running, this.#candidate, this.#lastGood]) {
      if (session !== null) this.#close(session);
    }
    this.#running = null;
    this.#candidate = null;
    this.#lastGood = null;
    await Promise.all(this.#closing);
  }

  #refusal(session: ModelSession): ModelError | null {
    if (session.digest === this.#rolledBackFrom) {
      const reason = 'it failed here and was rolled back';
      return new ModelError({ code: 'rolled_back_before', place: session.digest, reason });
    }
    const wanted = this.#options.features;
    const given = session.manifest.input.features;
    const at = wanted.findIndex((spec, index) => {
      const other = given[index];
      return other === undefined || other.name !== spec.name || other.unit !== spec.unit;
    });
    if (at < 0 && wanted.length === given.length) return null;
    const place = `manifest.json: input.features.${at < 0 ? wanted.length : at}`;
    const [own, its] = [wanted[at]?.name ?? 'none', given[at < 0 ? wanted.length : at]?.name];
    const reason = `this agent feeds ${own}, the model takes ${its ?? 'none'}`;
    return new ModelError({ code: 'features_differ', place, reason });
  }

  #start(session: ModelSession): void {
    this.#running = session;
    this.#failures = 0;
    this.#lastFault = '';
  }

  #digestRunning(): Digest {
    assert(this.#running !== null, 'an activated model runs');
    return this.#running.digest;
  }

  /** Implausible input is the site's trouble, not the model's: it neither accuses nor clears it. */
  #count(result: InferenceResult): void {
    if (result.ok) this.#failures = 0;
    else if (result.reason !== 'input_implausible') {
      this.#failures += 1;
      this.#lastFault = `${result.reason}: ${result.detail}`;
    }
  }

  #close(session: ModelSession): void {
    const closing = session.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
