import type { MessageBus } from '@tieline/bus';
import type { Inference } from '@tieline/inference';
import type { Clock, Logger, Rng } from '@tieline/kernel';
import type { HeldKey, Trust } from '@tieline/protocol';
import type { Devices } from '../ports/devices.ts';
import type { AgentStore } from '../ports/store.ts';

/** What the world gives an agent. */
export interface AgentPorts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly bus: MessageBus;
  readonly store: AgentStore;
  readonly devices: Devices;
  readonly inference: Inference;
}

/** Who this agent is, as provisioned. */
export interface AgentIdentity {
  readonly deployment: string;
  readonly site: string;
  /** The agent's own key; the trust document binds it to the site. */
  readonly key: HeldKey;
  readonly trust: Trust;
  readonly software: string;
  /** The import that the site's connection is made for, kW: what the forecast is measured against. */
  readonly ratedImportKw: number;
}
