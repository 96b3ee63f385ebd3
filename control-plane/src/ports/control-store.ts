import type {
  AgentRecord,
  CommandRecord,
  ControlVerdict,
  DesiredModelRecord,
  DocumentRecord,
  ModelRecord,
  OfferRecord,
  OrderRecord,
  RungRecord,
} from './records.ts';

export interface CommandFilter {
  readonly site?: string;
  /** Newest first, at most this many. */
  readonly limit: number;
}

/**
 * The control plane's memory of agents, commands and documents. Every call is synchronous and durable
 * when it returns: what was acknowledged to an operator or used on the wire survives loss of power.
 */
export interface ControlStore {
  /** All of the work or none of it. */
  transaction<T>(work: () => T): T;

  /** Raises a named counter by one, from 0, or to the next after `above`, and gives the new value. */
  raise(counter: 'epoch' | 'freshness', above?: number): number;
  /** The next sequence number of one key towards one agent, from 1, never twice. */
  nextSeq(site: string, kid: string): number;
  /** The last one given; 0 where none was. */
  lastSeq(site: string, kid: string): number;

  agents(): readonly AgentRecord[];
  saveAgent(agent: AgentRecord): void;

  /** False, and nothing stored, where the id is known. */
  addOrder(order: OrderRecord): boolean;
  order(id: string): OrderRecord | null;
  /** False, and nothing stored, where the id is known. */
  addCommand(command: CommandRecord): boolean;
  command(id: string): CommandRecord | null;
  commands(filter: CommandFilter): readonly CommandRecord[];
  commandsOfOrder(orderId: string): readonly CommandRecord[];
  /** Commands without any rung that may still be offered or await one, oldest first; none that was given up. */
  unacknowledged(): readonly CommandRecord[];
  setVerdict(command: string, verdict: ControlVerdict): void;
  addOffer(offer: OfferRecord): void;
  offers(command: string): readonly OfferRecord[];
  /** `known`: the same rung again. `conflict`: another one at the same place; the first stands. */
  addRung(rung: RungRecord): 'added' | 'known' | 'conflict';
  /** In the order in which the agent climbed them. */
  rungs(command: string): readonly RungRecord[];
  /** How many records of the site's audit log have had their rungs added; each generation has a log of its own. */
  auditRead(site: string, generation: number): number;
  setAuditRead(site: string, generation: number, size: number): void;

  newestPolicy(): DocumentRecord | null;
  addPolicy(policy: DocumentRecord): void;

  addModel(model: ModelRecord, blocks: readonly { digest: string; bytes: Uint8Array }[]): void;
  models(): readonly ModelRecord[];
  model(digest: string): ModelRecord | null;
  block(digest: string): Uint8Array | null;
  desiredModels(): readonly DesiredModelRecord[];
  setDesiredModel(desired: DesiredModelRecord): void;

  /** Keeps the newest previews only. */
  addPreview(digest: string, bytes: Uint8Array, madeWallMs: number): void;
  preview(digest: string): Uint8Array | null;

  close(): void;
}
