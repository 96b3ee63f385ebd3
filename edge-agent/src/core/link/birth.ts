import type { Birth } from '@tieline/protocol';
import type { AgentStore } from '../../ports/store.ts';
import type { Session } from '../session.ts';
import type { Vitals } from './uplink.ts';

/** The first words of a session on a link: who speaks, what it knows, and what is in force. */
export function birthOf(
  store: AgentStore,
  session: Session,
  software: string,
  { trust, policy, model }: Vitals,
): Birth {
  const { audit } = store;
  const { epoch, seq } = store.replayState();
  const { sessionMs, clock } = session.now();
  return {
    boot: session.boot,
    sessionMs,
    epochSeen: epoch,
    seqSeen: seq,
    software,
    trust,
    policy,
    model,
    audit: { size: audit.size, root: audit.root() },
    receipted: audit.receiptedSize,
    clock,
  };
}
