import type { AuditRecord } from '@tieline/audit';
import type { BusMessage } from '@tieline/bus';
import { fromHex, toHex } from '@tieline/kernel';
import { encodeCbor, KINDS, type Receipt, ReceiptStatus } from '@tieline/protocol';
import type { AuditVault } from '../ports/audit-vault.ts';
import type { ControlStore } from '../ports/control-store.ts';
import type { CommandRecord, OfferRecord, RungRecord } from '../ports/records.ts';
import type { AgentRegistry } from './agent-registry.ts';
import type { Now } from './agent-state.ts';
import type { Counters } from './counters.ts';
import { deviceAlarm } from './device-alarm.ts';
import { sha256Hex } from './digest.ts';
import type { Dispatch } from './dispatch.ts';
import { alarm, type ControlEvent } from './events.ts';
import type { Term } from './term.ts';
import type { Upkeep } from './upkeep.ts';
import type { Wire } from './wire.ts';

export interface ReceiptPorts {
  readonly now: () => Now;
  readonly store: ControlStore;
  readonly audit: AuditVault;
  readonly agents: Pick<AgentRegistry, 'all' | 'get'>;
  readonly counters: Counters;
  readonly wire: Wire;
  readonly dispatch: Dispatch;
  readonly term: Term;
  readonly emit: (event: ControlEvent) => void;
  readonly upkeep: Upkeep;
  /** A command has climbed. */
  readonly climbed: (command: CommandRecord) => void;
}

/** What is said of a command, before it is known when it was heard. */
type Said = Omit<RungRecord, 'receivedWallMs' | 'digest'>;

/**
 * Takes what agents say of commands. A receipt is the quick word: the broker may acknowledge it and nobody
 * hear it. The same stands in the agent's audit log, which is sent until it is signed for; so every rung is
 * read there too, and none is lost. Rejected: to acknowledge receipts one by one, a second proof of delivery
 * beside that of the log.
 */
export class ReceiptDesk {
  readonly #ports: ReceiptPorts;
  /** Sites whose audit log is still to be read up to where it was when the process started. */
  readonly #behind: Set<string>;

  constructor(ports: ReceiptPorts) {
    this.#ports = ports;
    this.#behind = new Set(ports.agents.all().map(({ site }) => site));
  }

  /**
   * One of any session counts: an agent sends again, after a boot, what it signed before it.
   * @throws {VerifyError}
   */
  take(message: BusMessage): void {
    const { store, counters, wire } = this.#ports;
    const { body, topic } = wire.open(KINDS.receipt, message, null);
    const { site } = topic;
    const id = toHex(body.command);
    const command = store.command(id);
    const offer = command?.site === site ? answered(body, store.offers(id)) : undefined;
    if (command === null || offer === undefined) {
      counters.add('messages_ignored', 'receipt_unmatched');
      return;
    }
    const { status, auditIndex, wallMs: agentWallMs, clock, action = null } = body;
    const { generation } = offer;
    const said = { site, generation, command: id, action, status, auditIndex, agentWallMs, clock };
    const outcome = this.#add(said);
    if (outcome === 'added') this.#tell(command);
    else counters.add('messages_ignored', `receipt_${outcome}`);
  }

  /** Reads what was signed for when the power went, and not read any more. A damaged log keeps no other site waiting. */
  catchUp(): void {
    for (const site of this.#behind) {
      this.#ports.upkeep.attempt('audit', site, () => {
        this.readAudit(site);
        this.#behind.delete(site);
      });
    }
  }

  /** Takes rungs and alarms out of what is new in a site's audit log. Each log is read once, however often this is asked. */
  readAudit(site: string): void {
    const { store, audit, agents, emit } = this.#ports;
    const { generation } = agents.get(site);
    const size = audit.size(site);
    const read = store.auditRead(site, generation);
    if (read >= size) return;
    const climbed = new Map<string, CommandRecord>();
    const alarms: ControlEvent[] = [];
    store.transaction(() => {
      for (const record of audit.records(site, read, size)) {
        const raised = deviceAlarm(record, site);
        if (raised !== null) alarms.push(raised);
        const rung = this.#rungIn(record, site, generation);
        if (rung === null || this.#add(rung.said) !== 'added') continue;
        climbed.set(rung.command.id, rung.command);
      }
      store.setAuditRead(site, generation, size);
    });
    // What follows from it cannot be taken back, and waits until it is stored. Alarms first: they need no store again.
    for (const raised of alarms) emit(raised);
    for (const command of climbed.values()) this.#tell(command);
  }

  /** The rung that a record tells of a command that was offered to its site; null where it tells none. */
  #rungIn(
    record: AuditRecord,
    site: string,
    generation: number,
  ): { command: CommandRecord; said: Said } | null {
    const { store } = this.#ports;
    const said = saidIn(record, site, generation);
    const command = said === null ? null : store.command(said.command);
    if (said === null || command === null || command.site !== site) return null;
    const offers = store.offers(command.id).filter((one) => one.generation === generation);
    const { cti } = record.body;
    // Whoever can forge an offer can have it refused; what was accepted is under way, whoever offered it.
    const isOurs =
      said.status.state === 'refused'
        ? offers.some((offer) => cti instanceof Uint8Array && offer.cti === toHex(cti))
        : offers.length > 0;
    return isOurs ? { command, said } : null;
  }

  #add(said: Said): 'added' | 'known' | 'conflict' {
    const { store, now, counters, term, emit } = this.#ports;
    const { site, auditIndex, command, status } = said;
    const rung = { ...said, receivedWallMs: now().wallMs, digest: digestOf(said) };
    const outcome = store.addRung(rung);
    if (outcome === 'conflict') {
      emit(alarm('receipt_conflict', site, `record ${auditIndex}, command ${command}`));
    }
    if (outcome === 'added') {
      counters.add('receipts', status.state);
      term.answered(site, status);
    }
    return outcome;
  }

  #tell(command: CommandRecord): void {
    const { climbed, dispatch } = this.#ports;
    climbed(command);
    dispatch.acknowledged(command.site, command.id);
  }
}

function answered(
  { cti, messageDigest }: Receipt,
  offers: readonly OfferRecord[],
): OfferRecord | undefined {
  const [ctiHex, digestHex] = [toHex(cti), toHex(messageDigest)];
  return offers.find((offer) => offer.cti === ctiHex && offer.messageDigest === digestHex);
}

/** What a record of an agent's log says of a command; null where it says nothing, or nothing that is understood. */
function saidIn(
  { kind, subject, body, seq, wallMs, clock }: AuditRecord,
  site: string,
  generation: number,
): Said | null {
  const { code, facts, action = null } = body;
  const state = kind.startsWith('command_') ? kind.slice('command_'.length) : '';
  // Of these two the record says more than the receipt, and in its own words.
  const told =
    state === 'accepted'
      ? { state }
      : state === 'refused'
        ? { state, code, facts }
        : body['status'];
  const status = ReceiptStatus.safeParse(told);
  if (!status.success || status.data.state !== state) return null;
  if (action !== null && typeof action !== 'number') return null;
  const said = { site, generation, command: subject, action, status: status.data };
  return { ...said, auditIndex: seq, agentWallMs: wallMs, clock };
}

/** Without what may differ when the same is signed again for another offer or session. */
function digestOf({ command, action, status, auditIndex }: Said): string {
  const id = fromHex(command) ?? new Uint8Array();
  return sha256Hex(encodeCbor({ command: id, action: action ?? undefined, status, auditIndex }));
}
