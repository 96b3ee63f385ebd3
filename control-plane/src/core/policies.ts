import { type Clock, equalBytes } from '@tieline/kernel';
import { EPOCH_STEP_MAX, type Policy, policyParts } from '@tieline/protocol';
import type { ControlStore } from '../ports/control-store.ts';
import { ControlError } from './failure.ts';
import type { Wire } from './wire.ts';

export interface HeldPolicy {
  readonly policy: Policy;
  readonly bytes: Uint8Array;
  /** What one site is to get of it: its own page alone. */
  readonly partOf: (site: string) => Uint8Array;
  readonly acceptedWallMs: number;
}

/** The signed policy in force. Versions only rise. */
export class Policies {
  readonly #ports: { readonly clock: Clock; readonly store: ControlStore; readonly wire: Wire };
  readonly #conflicted: (version: number) => void;
  #held: HeldPolicy | null = null;

  /** @param conflicted  called when another document of the version held turns up */
  constructor(
    ports: { readonly clock: Clock; readonly store: ControlStore; readonly wire: Wire },
    conflicted: (version: number) => void,
  ) {
    this.#ports = ports;
    this.#conflicted = conflicted;
    const newest = ports.store.newestPolicy();
    if (newest === null) return;
    const { bytes, acceptedWallMs } = newest;
    const policy = ports.wire.reopenPolicy(bytes);
    this.#held = { policy, bytes, partOf: policyParts(bytes), acceptedWallMs };
  }

  get held(): HeldPolicy | null {
    return this.#held;
  }

  /** @throws {ControlError} policy_missing */
  inForce(): Policy {
    if (this.#held === null) throw new ControlError({ code: 'policy_missing' });
    return this.#held.policy;
  }

  /**
   * Takes a newer policy; the one held, again, changes nothing. Only what is new must be signed by keys of
   * today: a file that is read at every start outlives the key that signed it.
   * @throws {VerifyError} for its signatures; {ControlError} policy_of_other_deployment | policy_not_newer |
   * policy_conflict | policy_version_step_too_large
   */
  accept(bytes: Uint8Array): { readonly held: HeldPolicy; readonly isNew: boolean } {
    const { store, wire, clock } = this.#ports;
    const policy = wire.reopenPolicy(bytes);
    const { deployment, version } = policy;
    if (deployment !== wire.deployment) {
      throw new ControlError({ code: 'policy_of_other_deployment', deployment });
    }
    const held = this.#held;
    if (held !== null && version <= held.policy.version) {
      if (version < held.policy.version) {
        throw new ControlError({ code: 'policy_not_newer', version, held: held.policy.version });
      }
      if (equalBytes(bytes, held.bytes)) return { held, isNew: false };
      this.#conflicted(version);
      throw new ControlError({ code: 'policy_conflict', version });
    }
    if (held !== null && version > held.policy.version + EPOCH_STEP_MAX) {
      // No agent would take it, and each would wait for commands under it for ever.
      const facts = { version, held: held.policy.version, stepMax: EPOCH_STEP_MAX };
      throw new ControlError({ code: 'policy_version_step_too_large', ...facts });
    }
    wire.openPolicy(bytes);
    const acceptedWallMs = clock.wallMs();
    store.addPolicy({ version, bytes, acceptedWallMs });
    const taken = { policy, bytes, partOf: policyParts(bytes), acceptedWallMs };
    this.#held = taken;
    return { held: taken, isNew: true };
  }
}
