import type { BusMessage } from '@tieline/bus';
import type { ModelSlot, SlotChange } from '@tieline/inference';
import { clipText, concatBytes, equalBytes, type Logger, messageOf, toHex } from '@tieline/kernel';
import {
  BlockHave,
  BlockWant,
  type DesiredModel,
  KINDS,
  openDocument,
  printTopic,
  type Release,
  sha256,
  type Trust,
  VerifyError,
} from '@tieline/protocol';
import type { AgentStore } from '../../ports/store.ts';
import type { Mouth } from '../link/mouth.ts';
import type { Recorder } from '../log/recorder.ts';
import type { Session } from '../session.ts';
import { isNews } from './document-news.ts';
import type { Refusals } from './refusals.ts';

/** Blocks asked for at once. */
const IN_FLIGHT = 4;
/** A block that has not come by then is asked for again. */
const RETRY_MS = 5_000;

/** A model on its way here. */
interface Fetch {
  readonly release: Release;
  /** Blocks that are not here yet, by digest. */
  readonly missing: Map<string, Uint8Array>;
  readonly askedMs: Map<string, number>;
}

export interface ModelDeskParts {
  readonly deployment: string;
  readonly site: string;
  readonly trust: Trust;
  readonly store: AgentStore;
  readonly recorder: Recorder;
  readonly refusals: Refusals;
  readonly session: Session;
  readonly slot: ModelSlot;
  readonly logger: Logger;
}

/**
 * Where models arrive: the director says which release, the release key says what it is made of, block by
 * block, and every block proves itself by its digest. Fetched blocks are kept, so that a broken link or a
 * restart resumes. The package is loaded and self-tested beside the running model.
 */
export class ModelDesk {
  readonly #parts: ModelDeskParts;
  #fetch: Fetch | null = null;
  #preparing: Promise<void> | null = null;
  /** What broke while nobody awaited it. */
  #broken: { readonly cause: unknown } | null = null;
  /** Digest that the director wants to run; null = none; undefined = it has not said. */
  #wanted: string | null | undefined;
  /** Digest of the last good model, which may run until what is wanted is here. */
  #meanwhile: string | null = null;
  /** A change that took effect and is not on record yet. */
  #unrecorded: SlotChange | null = null;
  /** A package that was refused, and whose refusal is not on record yet. */
  #rejected: { readonly digest: string; readonly reason: string } | null = null;
  /** Packages by digest: the running one, the candidate, and the one to return to. */
  readonly #packages = new Map<string, Uint8Array>();

  constructor(parts: ModelDeskParts) {
    this.#parts = parts;
  }

  /** At boot: the last good model from disk, then whatever was wanted when the power went. No cycle waits for it. */
  restore(): void {
    const { store, logger } = this.#parts;
    const wanted = store.document('model');
    try {
      if (wanted !== undefined) this.#want(this.#open(wanted.bytes).release);
    } catch (thrown) {
      if (!(thrown instanceof VerifyError)) throw thrown;
      logger.error('model_not_restored', { reason: thrown.message });
    }
    const packed = store.lastGoodModel();
    if (packed === undefined || this.#wanted === null) return;
    this.#meanwhile = digestText(sha256(packed));
    this.#inBackground(this.#reload(packed));
  }

  /** Resolves when nothing is being loaded. */
  async settled(): Promise<void> {
    await this.#preparing;
  }

  #inBackground(work: Promise<void>): void {
    this.#preparing = work
      .catch((cause: unknown) => {
        this.#broken ??= { cause };
      })
      .finally(() => {
        this.#preparing = null;
      });
  }

  async #reload(packed: Uint8Array): Promise<void> {
    const { slot, logger } = this.#parts;
    try {
      const digest = await slot.prepare(packed);
      this.#packages.set(digest, packed);
      if (digest === this.#wanted) this.#fetch = null;
    } catch (thrown) {
      logger.error('model_not_restored', { reason: messageOf(thrown) });
    }
  }

  receiveDesired(message: BusMessage): void {
    const { store, refusals } = this.#parts;
    try {
      const { desired, release } = this.#open(message.payload);
      if (desired.site !== this.#parts.site) return;
      const next = { version: desired.version, bytes: new Uint8Array(message.payload) };
      if (!isNews('model', next, message.topic, this.#parts)) return;
      store.transaction(() => store.putDocument('model', next));
      this.#meanwhile = null;
      this.#want(release);
      // What was fetched of another one is needed no more, and no change of the model may follow.
      if (this.#fetch === null) store.transaction(() => store.dropBlocks());
    } catch (thrown) {
      if (!(thrown instanceof VerifyError)) throw thrown;
      refusals.refuse(thrown, message.topic);
    }
  }

  /** A block proves itself: what was not asked for, or has another digest, is dropped. */
  receiveBlock(message: BusMessage): void {
    const fetch = this.#fetch;
    if (fetch === null || message.payload.length > BlockHave.bytesMax) return;
    const have = readBlock(message.payload);
    const wanted = have !== null && fetch.askedMs.delete(toHex(have.digest));
    if (!wanted || !equalBytes(sha256(have.bytes), have.digest)) {
      this.#parts.refusals.count('block_refused');
      return;
    }
    const { store } = this.#parts;
    store.transaction(() => store.putBlock(have.digest, have.bytes));
    fetch.missing.delete(toHex(have.digest));
  }

  /** Asks for what is missing; with everything here, loads it. Called once a cycle. */
  async advance(mouth: Mouth, sessionMs: number): Promise<void> {
    if (this.#broken !== null) throw this.#broken.cause;
    this.#recordRejection();
    const fetch = this.#fetch;
    if (fetch === null || this.#preparing !== null) return;
    if (fetch.missing.size === 0) {
      this.#fetch = null;
      this.#inBackground(this.#load(fetch.release));
      return;
    }
    const { deployment, site } = this.#parts;
    const topic = printTopic({ deployment, site, kind: 'block/want' });
    for (const [name, digest] of [...fetch.missing].slice(0, IN_FLIGHT)) {
      const askedMs = fetch.askedMs.get(name);
      if (askedMs !== undefined && sessionMs - askedMs < RETRY_MS) continue;
      if (await mouth.ask(topic, BlockWant.encode({ digest }))) fetch.askedMs.set(name, sessionMs);
    }
  }

  /** Between two cycles: a candidate takes over, or a model gives way; each is on record. */
  atCycleBoundary(): void {
    const { store, recorder, session, slot, logger } = this.#parts;
    const { candidate } = slot.status;
    // Loaded while something else came to be wanted.
    if (candidate !== null && !this.#mayRun(candidate)) slot.dropCandidate();
    const change =
      this.#unrecorded ?? (this.#wanted === null ? slot.withdraw() : slot.atCycleBoundary());
    if (change === null) return;
    // On record with the first boundary at which the disk takes it.
    this.#unrecorded = change;
    const { running } = change;
    session.setDigest('model', running === null ? null : digestBytes(running));
    recorder.commit(() => {
      recorder.flush();
      recorder.append({
        actor: 'agent',
        kind: `model_${change.kind}`,
        subject: running ?? '',
        body: { ...change },
      });
      // A restart begins with what runs now, and must not bring the failed one back.
      if (change.kind === 'rolled_back') store.setRejectedModel(change.was);
      const packed = running === null ? null : this.#packages.get(running);
      if (packed !== undefined) store.setLastGoodModel(packed);
      // Those of a fetch under way are still needed.
      if (this.#fetch === null) store.dropBlocks();
    });
    this.#unrecorded = null;
    this.#forgetOthers();
    logger.info(`model_${change.kind}`, { running });
  }

  #mayRun(digest: string): boolean {
    return digest === this.#wanted || digest === this.#meanwhile;
  }

  /** Digest of the package that runs; null while the rule runs alone. */
  running(): Uint8Array | null {
    const { running } = this.#parts.slot.status;
    return running === null ? null : digestBytes(running);
  }

  #forgetOthers(): void {
    const { running, candidate, lastGood } = this.#parts.slot.status;
    for (const digest of this.#packages.keys()) {
      if (![running, candidate, lastGood].includes(digest)) this.#packages.delete(digest);
    }
  }

  /** What the director says, and what the release key has signed in it: both, or nothing is believed. */
  #open(bytes: Uint8Array): { readonly desired: DesiredModel; readonly release: Release | null } {
    const { body: desired } = openDocument(KINDS.desiredModel, bytes, this.#reader());
    if (desired.release === null) return { desired, release: null };
    const { body: release } = openDocument(KINDS.release, desired.release, this.#reader());
    return { desired, release };
  }

  /** What was wanted before is fetched no further, and what failed here is not tried again. */
  #want(release: Release | null): void {
    this.#fetch = null;
    this.#wanted = release === null ? null : digestText(release.digest);
    if (release === null) return;
    const { running, candidate } = this.#parts.slot.status;
    if (running === this.#wanted || candidate === this.#wanted) return;
    const { store, logger } = this.#parts;
    if (store.rejectedModel() === this.#wanted) {
      logger.warn('model_rejected', { reason: 'it failed here and was rolled back' });
      return;
    }
    const missing = release.blocks.filter((digest) => store.block(digest) === undefined);
    this.#fetch = {
      release,
      missing: new Map(missing.map((digest) => [toHex(digest), digest])),
      askedMs: new Map(),
    };
  }

  async #load(release: Release): Promise<void> {
    const { store, slot, logger } = this.#parts;
    const packed = concatBytes(
      ...release.blocks.map((digest) => store.block(digest) ?? new Uint8Array()),
    );
    try {
      if (!equalBytes(sha256(packed), release.digest)) throw new Error('package digest differs');
      this.#packages.set(await slot.prepare(packed), packed);
    } catch (thrown) {
      const reason = clipText(messageOf(thrown), 200);
      logger.warn('model_rejected', { reason });
      this.#rejected = { digest: digestText(release.digest), reason };
    }
  }

  /** @throws {StoreError}, and the next cycle tries again */
  #recordRejection(): void {
    const { store, recorder } = this.#parts;
    const rejected = this.#rejected;
    if (rejected === null) return;
    const { digest: subject, reason } = rejected;
    recorder.commit(() => {
      recorder.append({ actor: 'agent', kind: 'model_rejected', subject, body: { reason } });
      store.dropBlocks();
    });
    this.#rejected = null;
  }

  #reader(): { trust: Trust; site: string; wallS: number | null } {
    const { wallMs, clock } = this.#parts.session.now();
    const { trust, site } = this.#parts;
    return { trust, site, wallS: clock === 'untrusted' ? null : Math.floor(wallMs / 1_000) };
  }
}

function readBlock(payload: Uint8Array): { digest: Uint8Array; bytes: Uint8Array } | null {
  try {
    return BlockHave.decode(payload);
  } catch {
    return null;
  }
}

function digestText(digest: Uint8Array): string {
  return `sha256:${toHex(digest)}`;
}

function digestBytes(digest: string): Uint8Array {
  return new Uint8Array(Buffer.from(digest.replace('sha256:', ''), 'hex'));
}
