import { type Database, migrate, openDatabase } from '@tieline/audit';
import type { CommandFilter, ControlStore } from '../../ports/control-store.ts';
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
} from '../../ports/records.ts';
import {
  type AgentRow,
  agentOf,
  agentRow,
  type CommandRow,
  commandOf,
  commandRow,
  type OfferRow,
  type OrderRow,
  offerOf,
  orderOf,
  plainBytes,
  type RungRow,
  rungOf,
  rungRow,
} from './rows.ts';
import { CONTROL_SCHEMA } from './schema.ts';
import { SqliteModels } from './sqlite-models.ts';

/** Previews that an order may still point to. */
const PREVIEWS_KEPT = 1_000;

/**
 * The control plane's store in one SQLite file with `synchronous=FULL`, or in memory.
 * @param source  as `openDatabase` takes it
 * @throws {AuditError} database_unreadable | schema_newer
 */
export class SqliteControlStore implements ControlStore {
  readonly #db: Database;
  readonly #sql: ReturnType<typeof prepare>;
  readonly #models: SqliteModels;

  constructor(source: string | Buffer) {
    this.#db = openDatabase(source, { synchronous: 'FULL' });
    migrate(this.#db, 'control', CONTROL_SCHEMA);
    this.#sql = prepare(this.#db);
    this.#models = new SqliteModels(this.#db);
  }

  transaction<T>(work: () => T): T {
    return this.#db.transaction(work).immediate();
  }

  raise(counter: 'epoch' | 'freshness', above = 0): number {
    return this.#sql.raise.get({ counter, above })?.value ?? 0;
  }

  nextSeq(site: string, kid: string): number {
    return this.#sql.nextSeq.get(site, kid)?.value ?? 0;
  }

  lastSeq(site: string, kid: string): number {
    return this.#sql.lastSeq.get(site, kid)?.value ?? 0;
  }

  agents(): readonly AgentRecord[] {
    return this.#sql.agents.all().map(agentOf);
  }

  saveAgent(agent: AgentRecord): void {
    this.#sql.saveAgent.run(agentRow(agent));
  }

  addOrder(order: OrderRecord): boolean {
    const { id, bytes, reason, preview } = order;
    const row: OrderRow = {
      ...{ id, bytes, class: order.class, reason, preview },
      signers: JSON.stringify(order.signers),
      submitted_wall_ms: order.submittedWallMs,
    };
    return this.#sql.addOrder.run(row).changes === 1;
  }

  order(id: string): OrderRecord | null {
    const row = this.#sql.order.get(id);
    return row === undefined ? null : orderOf(row);
  }

  addCommand(command: CommandRecord): boolean {
    return this.#sql.addCommand.run(commandRow(command)).changes === 1;
  }

  command(id: string): CommandRecord | null {
    const row = this.#sql.command.get(id);
    return row === undefined ? null : commandOf(row);
  }

  commands({ site, limit }: CommandFilter): readonly CommandRecord[] {
    const rows =
      site === undefined ? this.#sql.commands.all(limit) : this.#sql.commandsAt.all(site, limit);
    return rows.map(commandOf);
  }

  commandsOfOrder(orderId: string): readonly CommandRecord[] {
    return this.#sql.commandsOfOrder.all(orderId).map(commandOf);
  }

  unacknowledged(): readonly CommandRecord[] {
    return this.#sql.unacknowledged.all().map(commandOf);
  }

  setVerdict(command: string, { state, code }: ControlVerdict): void {
    this.#sql.setVerdict.run(state, code, command);
  }

  addOffer(offer: OfferRecord): void {
    const { messageDigest, offeredWallMs, ...rest } = offer;
    this.#sql.addOffer.run({
      ...rest,
      message_digest: messageDigest,
      offered_wall_ms: offeredWallMs,
    });
  }

  offers(command: string): readonly OfferRecord[] {
    return this.#sql.offers.all(command).map(offerOf);
  }

  addRung(rung: RungRecord): 'added' | 'known' | 'conflict' {
    return this.transaction(() => {
      const held = this.#sql.rungDigest.get(rung.site, rung.generation, rung.auditIndex);
      if (held !== undefined) return held.digest === rung.digest ? 'known' : 'conflict';
      this.#sql.addRung.run(rungRow(rung));
      this.#sql.acknowledge.run(rung.command);
      return 'added';
    });
  }

  rungs(command: string): readonly RungRecord[] {
    return this.#sql.rungs.all(command).map(rungOf);
  }

  auditRead(site: string, generation: number): number {
    return this.#sql.auditRead.get(site, generation)?.size ?? 0;
  }

  setAuditRead(site: string, generation: number, size: number): void {
    this.#sql.setAuditRead.run(site, generation, size);
  }

  newestPolicy(): DocumentRecord | null {
    const row = this.#sql.newestPolicy.get();
    if (row === undefined) return null;
    const { version, bytes, accepted_wall_ms: acceptedWallMs } = row;
    return { version, bytes: plainBytes(bytes), acceptedWallMs };
  }

  addPolicy({ version, bytes, acceptedWallMs }: DocumentRecord): void {
    this.#sql.addPolicy.run(version, bytes, acceptedWallMs);
  }

  addModel(model: ModelRecord, blocks: readonly { digest: string; bytes: Uint8Array }[]): void {
    this.transaction(() => this.#models.add(model, blocks));
  }

  models(): readonly ModelRecord[] {
    return this.#models.all();
  }

  model(digest: string): ModelRecord | null {
    return this.#models.one(digest);
  }

  block(digest: string): Uint8Array | null {
    return this.#models.block(digest);
  }

  desiredModels(): readonly DesiredModelRecord[] {
    return this.#models.desired();
  }

  setDesiredModel(desired: DesiredModelRecord): void {
    this.#models.setDesired(desired);
  }

  addPreview(digest: string, bytes: Uint8Array, madeWallMs: number): void {
    this.transaction(() => {
      this.#sql.addPreview.run(digest, bytes, madeWallMs);
      this.#sql.prunePreviews.run(PREVIEWS_KEPT);
    });
  }

  preview(digest: string): Uint8Array | null {
    const row = this.#sql.preview.get(digest);
    return row === undefined ? null : plainBytes(row.bytes);
  }

  /** The whole database, for a virtual crash. */
  serialize(): Buffer {
    return this.#db.serialize();
  }

  close(): void {
    this.#db.close();
  }
}

function prepare(db: Database) {
  return { ...prepareCommands(db), ...prepareOthers(db) };
}

function prepareOthers(db: Database) {
  return {
    raise: db.prepare<[{ counter: string; above: number }], { value: number }>(
      `INSERT INTO counter VALUES (:counter, :above + 1)
       ON CONFLICT (name) DO UPDATE SET value = max(value, :above) + 1 RETURNING value`,
    ),
    nextSeq: db.prepare<[string, string], { value: number }>(
      `INSERT INTO seq VALUES (?, ?, 1)
       ON CONFLICT (site, kid) DO UPDATE SET value = value + 1 RETURNING value`,
    ),
    lastSeq: db.prepare<[string, string], { value: number }>(
      'SELECT value FROM seq WHERE site = ? AND kid = ?',
    ),
    agents: db.prepare<[], AgentRow>('SELECT * FROM agent ORDER BY site'),
    saveAgent: db.prepare<[AgentRow]>(
      `INSERT OR REPLACE INTO agent VALUES
       (:site, :sessions, :software, :born_wall_ms, :heard_wall_ms, :quarantine, :generation)`,
    ),
    newestPolicy: db.prepare<[], { version: number; bytes: Uint8Array; accepted_wall_ms: number }>(
      'SELECT * FROM policy ORDER BY version DESC LIMIT 1',
    ),
    addPolicy: db.prepare<[number, Uint8Array, number]>('INSERT INTO policy VALUES (?, ?, ?)'),
    addPreview: db.prepare<[string, Uint8Array, number]>(
      `INSERT INTO preview (digest, bytes, made_wall_ms) VALUES (?, ?, ?)
       ON CONFLICT (digest) DO NOTHING`,
    ),
    prunePreviews: db.prepare<[number]>(
      'DELETE FROM preview WHERE nr <= (SELECT max(nr) FROM preview) - ?',
    ),
    preview: db.prepare<[string], { bytes: Uint8Array }>(
      'SELECT bytes FROM preview WHERE digest = ?',
    ),
  };
}

function prepareCommands(db: Database) {
  return {
    addOrder: db.prepare<[OrderRow]>(
      `INSERT INTO signed_order VALUES
       (:id, :bytes, :class, :reason, :signers, :preview, :submitted_wall_ms)
       ON CONFLICT (id) DO NOTHING`,
    ),
    order: db.prepare<[string], OrderRow>('SELECT * FROM signed_order WHERE id = ?'),
    addCommand: db.prepare<[CommandRow]>(
      `INSERT INTO command (id, site, basis_type, basis, order_id, actions, reason,
         created_wall_ms, not_before_wall_ms, not_after_wall_ms, bound_sess,
         control_state, control_code)
       VALUES (:id, :site, :basis_type, :basis, :order_id, :actions, :reason,
         :created_wall_ms, :not_before_wall_ms, :not_after_wall_ms, :bound_sess,
         :control_state, :control_code)
       ON CONFLICT (id) DO NOTHING`,
    ),
    command: db.prepare<[string], CommandRow>('SELECT * FROM command WHERE id = ?'),
    commands: db.prepare<[number], CommandRow>('SELECT * FROM command ORDER BY nr DESC LIMIT ?'),
    commandsAt: db.prepare<[string, number], CommandRow>(
      'SELECT * FROM command WHERE site = ? ORDER BY nr DESC LIMIT ?',
    ),
    commandsOfOrder: db.prepare<[string], CommandRow>(
      'SELECT * FROM command WHERE order_id = ? ORDER BY nr',
    ),
    unacknowledged: db.prepare<[], CommandRow>(
      `SELECT * FROM command
       WHERE acknowledged = 0 AND control_state IN ('queued', 'offered', 'unknown')
         AND (control_state != 'unknown' OR control_code = 'no_receipt')
       ORDER BY nr`,
    ),
    setVerdict: db.prepare<[string, string | null, string]>(
      'UPDATE command SET control_state = ?, control_code = ? WHERE id = ?',
    ),
    acknowledge: db.prepare<[string]>('UPDATE command SET acknowledged = 1 WHERE id = ?'),
    addOffer: db.prepare<[OfferRow]>(
      `INSERT INTO offer VALUES
       (:cti, :command, :sess, :epoch, :seq, :message_digest, :offered_wall_ms, :generation)`,
    ),
    offers: db.prepare<[string], OfferRow>(
      'SELECT * FROM offer WHERE command = ? ORDER BY epoch, seq',
    ),
    rungDigest: db.prepare<[string, number, number], { digest: string }>(
      'SELECT digest FROM rung WHERE site = ? AND generation = ? AND audit_index = ?',
    ),
    addRung: db.prepare<[RungRow]>(
      `INSERT INTO rung VALUES (:site, :generation, :audit_index, :command, :action, :status,
         :agent_wall_ms, :clock, :received_wall_ms, :digest)`,
    ),
    rungs: db.prepare<[string], RungRow>(
      'SELECT * FROM rung WHERE command = ? ORDER BY generation, audit_index',
    ),
    auditRead: db.prepare<[string, number], { size: number }>(
      'SELECT size FROM audit_read WHERE site = ? AND generation = ?',
    ),
    setAuditRead: db.prepare<[string, number, number]>(
      'INSERT OR REPLACE INTO audit_read VALUES (?, ?, ?)',
    ),
  };
}
