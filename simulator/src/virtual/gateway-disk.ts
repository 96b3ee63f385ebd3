import {
  ANONYMOUS_FILE,
  AuditLog,
  type Database,
  type LogIdentity,
  openDatabase,
} from '@tieline/audit';
import { type AgentStore, StoreError, sqliteStore } from '@tieline/edge-agent';
import type { HeldKey } from '@tieline/protocol';
import { temporaryFilesFailure, type VirtualRunError } from './failure.ts';
import { WatchedLog } from './watched-log.ts';

/** More pages than any run writes. */
const PAGES_MAX = 1_000_000;

interface GatewayDiskOptions {
  readonly identity: LogIdentity;
  /** The agent's own. */
  readonly key: HeldKey;
  /** Hears of a fault that nobody has planned. */
  readonly onFault: (fault: VirtualRunError) => void;
}

/** The disk of a gateway: one database, which outlives the processes of its agent. */
export class GatewayDisk {
  readonly db: Database = openDatabase(ANONYMOUS_FILE, { synchronous: 'FULL' });
  /** As it stands on the disk, whatever a process believes. */
  readonly auditLog: AuditLog;
  /** The same, for who looks all the time. */
  readonly log: WatchedLog;
  readonly #options: GatewayDiskOptions;
  #isFull = false;
  #refusals = 0;

  constructor(options: GatewayDiskOptions) {
    this.#options = options;
    this.auditLog = this.#openLog();
    this.log = new WatchedLog(this.auditLog);
  }

  /** What a process finds that starts now: it remembers nothing of the one before it. */
  store(): AgentStore {
    const store = sqliteStore(this.db, this.#openLog());
    return {
      ...store,
      transaction: (work) => {
        try {
          return store.transaction(work);
        } catch (thrown) {
          this.#refusals += 1;
          this.#blame(thrown);
          throw thrown;
        } finally {
          this.log.mayHaveChanged();
        }
      },
    };
  }

  get bytes(): number {
    return this.#pragma('page_count') * this.#pragma('page_size');
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  /** Transactions that it has not taken. */
  get refusals(): number {
    return this.#refusals;
  }

  /** It takes nothing more, or has room again. */
  fill(full: boolean): void {
    this.#pragma(`max_page_count = ${full ? this.#pragma('page_count') : PAGES_MAX}`);
    this.#isFull = full;
  }

  #pragma(source: string): number {
    return Number(this.db.pragma(source, { simple: true }));
  }

  #openLog(): AuditLog {
    const { identity, key } = this.#options;
    return new AuditLog({ db: this.db, identity, key });
  }

  /** Agents go on without a disk: a run would be judged by what its own machine did not take. */
  #blame(thrown: unknown): void {
    if (this.#isFull || !(thrown instanceof StoreError)) return;
    const fault = temporaryFilesFailure(thrown.cause);
    if (fault !== null) this.#options.onFault(fault);
  }
}
