import type { Logger } from '@tieline/kernel';
import type { AuditVault } from '../ports/audit-vault.ts';
import type { ControlStore } from '../ports/control-store.ts';
import type { AgentRegistry } from './agent-registry.ts';
import type { Now } from './agent-state.ts';
import type { Counters } from './counters.ts';
import type { Dispatch } from './dispatch.ts';
import type { ControlEvent } from './events.ts';
import type { Models } from './models.ts';
import type { Outbox } from './outbox.ts';
import type { Term } from './term.ts';
import type { Wire } from './wire.ts';

/** What the parts of the control plane share. */
export interface ControlContext {
  readonly now: () => Now;
  readonly logger: Logger;
  readonly counters: Counters;
  readonly store: ControlStore;
  readonly audit: AuditVault;
  readonly wire: Wire;
  readonly outbox: Outbox;
  readonly term: Term;
  readonly agents: AgentRegistry;
  readonly dispatch: Dispatch;
  readonly models: Models;
  readonly emit: (event: ControlEvent) => void;
}
