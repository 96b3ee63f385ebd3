import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AuditLog, type Database, openDatabase } from '@tieline/audit';
import { assert } from '@tieline/kernel';
import type { Provisioned } from '../../deployment/provision.ts';

/**
 * The audit logs of a live deployment, by site, read beside the agents that write them: readers of a database in WAL
 * mode and its writer do not wait for each other.
 */
export class LiveLogs {
  readonly bySite = new Map<string, AuditLog>();
  readonly #directory: string;
  readonly #provisioned: Provisioned;
  readonly #databases: Database[] = [];

  constructor(directory: string, provisioned: Provisioned) {
    this.#directory = directory;
    this.#provisioned = provisioned;
  }

  /** Of an agent that has not come so far as to write one, the log is empty. */
  open(site: string): AuditLog {
    const opened = this.bySite.get(site);
    if (opened !== undefined) return opened;
    const { trust, agents } = this.#provisioned;
    const key = agents.get(site);
    assert(key !== undefined, 'every site has a key');
    const folder = join(this.#directory, site);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const db = openDatabase(join(folder, 'agent.sqlite'), { synchronous: 'FULL' });
    this.#databases.push(db);
    const identity = { anchor: trust.anchor, deployment: trust.document.deployment, site };
    const log = new AuditLog({ db, identity, key });
    this.bySite.set(site, log);
    return log;
  }

  close(): void {
    for (const db of this.#databases) db.close();
  }
}
