import { type Clock, equalBytes, toHex } from '@tieline/kernel';
import { BLOCK_BYTES, type HeldKey, KINDS, type Release, sha256 } from '@tieline/protocol';
import type { ControlStore } from '../ports/control-store.ts';
import type { DesiredModelRecord, ModelRecord } from '../ports/records.ts';
import { ControlError } from './failure.ts';
import type { Wire } from './wire.ts';

export interface ModelPorts {
  readonly clock: Clock;
  readonly store: ControlStore;
  readonly wire: Wire;
  readonly director: HeldKey;
}

/** Model packages that a release key has signed, and which site shall run which. */
export class Models {
  readonly #ports: ModelPorts;
  readonly #desired: Map<string, DesiredModelRecord>;

  constructor(ports: ModelPorts) {
    this.#ports = ports;
    this.#desired = new Map(ports.store.desiredModels().map((one) => [one.site, one]));
  }

  /**
   * Takes a package. The same one again changes nothing.
   * @throws {VerifyError} for the release's signature; {ControlError} model_package_differs
   */
  push(packed: Uint8Array, release: Uint8Array): ModelRecord {
    const { store, wire, clock } = this.#ports;
    const { body } = wire.openDocument(KINDS.release, release);
    const digest = toHex(body.digest);
    const held = store.model(digest);
    if (held !== null) return held;
    const blocks = blocksOf(packed, body);
    const { name, version, bytes } = body;
    const model = { digest, name, version, bytes, release, pushedWallMs: clock.wallMs() };
    store.addModel(model, blocks);
    return model;
  }

  /** A block by its digest, for an agent that asks; null where no package holds it. */
  block(digest: Uint8Array): Uint8Array | null {
    return this.#ports.store.block(toHex(digest));
  }

  all(): readonly ModelRecord[] {
    return this.#ports.store.models();
  }

  desired(site: string): DesiredModelRecord | null {
    return this.#desired.get(site) ?? null;
  }

  /**
   * Says which model a site shall run; null = none, the rule runs. What runs is what the agent reports.
   * @param digest  hex
   * @throws {ControlError} model_unknown
   */
  direct(site: string, digest: string | null): DesiredModelRecord {
    const { store, wire, director, clock } = this.#ports;
    const held = this.#desired.get(site);
    if (held !== undefined && held.digest === digest) return held;
    const release = digest === null ? null : (store.model(digest)?.release ?? null);
    if (digest !== null && release === null)
      throw new ControlError({ code: 'model_unknown', digest });
    const version = (held?.version ?? 0) + 1;
    const body = { version, site, issuedAt: wire.wallS(), release };
    const document = wire.sealDocument(KINDS.desiredModel, body, director);
    const desired = { site, version, digest, document, setWallMs: clock.wallMs() };
    store.setDesiredModel(desired);
    this.#desired.set(site, desired);
    return desired;
  }
}

/** @throws {ControlError} model_package_differs where the bytes are not the ones that were signed for */
function blocksOf(packed: Uint8Array, release: Release): { digest: string; bytes: Uint8Array }[] {
  const differs = (place: string, detail: string): ControlError =>
    new ControlError({ code: 'model_package_differs', place, detail });
  if (packed.length !== release.bytes) {
    throw differs('size', `${packed.length} bytes, the release says ${release.bytes}`);
  }
  if (!equalBytes(sha256(packed), release.digest)) {
    throw differs('digest', `the release says ${toHex(release.digest)}`);
  }
  const count = Math.ceil(packed.length / BLOCK_BYTES);
  if (count !== release.blocks.length) {
    throw differs('blocks', `${count}, the release says ${release.blocks.length}`);
  }
  return release.blocks.map((digest, at) => {
    const bytes = packed.slice(at * BLOCK_BYTES, (at + 1) * BLOCK_BYTES);
    if (equalBytes(sha256(bytes), digest)) return { digest: toHex(digest), bytes };
    throw differs(`blocks.${at}`, `the release says ${toHex(digest)}`);
  });
}
