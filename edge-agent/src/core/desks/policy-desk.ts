import type { BusMessage } from '@tieline/bus';
import type { Logger } from '@tieline/kernel';
import {
  openPolicy,
  type Policy,
  type SitePolicy,
  sha256,
  type Trust,
  VerifyError,
} from '@tieline/protocol';
import type { AgentStore } from '../../ports/store.ts';
import { RECORD_KINDS, type Recorder } from '../log/recorder.ts';
import type { Session } from '../session.ts';
import { isNews } from './document-news.ts';
import type { Refusals } from './refusals.ts';

export interface HeldPolicy {
  readonly policy: Policy;
  /** This site's part; null where the policy does not name the site: then nothing is actuated. */
  readonly site: SitePolicy | null;
}

export interface PolicyDeskParts {
  readonly site: string;
  readonly trust: Trust;
  readonly store: AgentStore;
  readonly recorder: Recorder;
  readonly refusals: Refusals;
  readonly session: Session;
  readonly logger: Logger;
}

/** Where policies arrive: a newer one signed by the policy key takes effect with the next cycle. */
export class PolicyDesk {
  readonly #parts: PolicyDeskParts;

  constructor(parts: PolicyDeskParts) {
    this.#parts = parts;
  }

  /** The policy that this disk holds; null before the first. One that no longer verifies counts as none. */
  held(): HeldPolicy | null {
    const { store, session, logger } = this.#parts;
    const stored = store.document('policy');
    if (stored === undefined) return null;
    try {
      const held = this.#open(stored.bytes);
      session.setDigest('policy', sha256(stored.bytes));
      return held;
    } catch (thrown) {
      if (!(thrown instanceof VerifyError)) throw thrown;
      logger.error('policy_not_restored', { code: thrown.failure.code });
      return null;
    }
  }

  /** Null where nothing changes: not newer, or refused. */
  receive(message: BusMessage): HeldPolicy | null {
    const { store, recorder, refusals, session, logger } = this.#parts;
    try {
      const received = this.#open(message.payload);
      const { version } = received.policy;
      const bytes = new Uint8Array(message.payload);
      if (!isNews('policy', { version, bytes }, message.topic, this.#parts)) return null;
      const before = session.digests().policy ?? null;
      session.setDigest('policy', sha256(bytes));
      const undo = (): void => session.setDigest('policy', before);
      recorder.commit(() => {
        store.putDocument('policy', { version, bytes });
        recorder.flush();
        recorder.append({
          actor: 'policy',
          kind: RECORD_KINDS.policy,
          subject: `policy ${version}`,
          body: { version, site: received.site },
        });
      }, undo);
      logger.info('policy_activated', { version });
      return received;
    } catch (thrown) {
      if (!(thrown instanceof VerifyError)) throw thrown;
      refusals.refuse(thrown, message.topic);
      return null;
    }
  }

  #open(bytes: Uint8Array): HeldPolicy {
    const { trust, site, session } = this.#parts;
    const { wallMs, clock } = session.now();
    const wallS = clock === 'untrusted' ? null : Math.floor(wallMs / 1_000);
    const { body: policy } = openPolicy(bytes, { trust, site, wallS });
    return { policy, site: policy.sites.find((one) => one.site === site) ?? null };
  }
}
