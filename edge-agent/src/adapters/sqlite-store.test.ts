import { AuditLog, openDatabase } from '@tieline/audit';
import { nodeSigner } from '@tieline/protocol';
import { expect, test } from 'vitest';
import type { AgentStore, StoredCommand } from '../ports/store.ts';
import { sqliteStore } from './sqlite-store.ts';

const bytes = (fill: number, count: number): Uint8Array => new Uint8Array(count).fill(fill);

function emptyStore(): AgentStore {
  const db = openDatabase(':memory:', { synchronous: 'FULL' });
  const identity = { anchor: bytes(1, 32), deployment: 'demo', site: 'site-1' };
  const key = { principal: 'site-1', signer: nodeSigner(bytes(2, 32)) };
  return sqliteStore(db, new AuditLog({ db, identity, key }));
}

function finished(command: string, change: Partial<StoredCommand> = {}): StoredCommand {
  return {
    ...{ command, actionsDigest: bytes(3, 32), rank: 'plan', boot: 1, forgetAfterS: 100 },
    ...{ dated: true, cti: bytes(4, 16), messageDigest: bytes(5, 32), finished: true },
    ...change,
  };
}

test('a command is forgotten once it is finished and its time is over', () => {
  const store = emptyStore();
  store.putCommand(finished('over'));
  store.putCommand(finished('under-way', { finished: false }));
  store.putCommand(finished('valid', { forgetAfterS: 300 }));
  store.forgetCommands(200);
  expect(store.command('over')).toBeUndefined();
  expect(store.command('under-way')).toMatchObject({ finished: false, dated: true });
  expect(store.command('valid')).toMatchObject({ forgetAfterS: 300 });
});

test('what nobody attested dates no command: it is remembered from the first good time after its end', () => {
  const store = emptyStore();
  store.putCommand(finished('early', { dated: false }));
  store.putCommand(finished('late', { dated: false, forgetAfterS: 9_000 }));
  store.putCommand(finished('under-way', { dated: false, finished: false }));
  store.forgetCommands(200);
  store.dateCommands(500);
  store.forgetCommands(400);
  expect(store.command('early')).toMatchObject({ forgetAfterS: 500, dated: true });
  expect(store.command('late')).toMatchObject({ forgetAfterS: 9_000, dated: true });
  expect(store.command('under-way')).toMatchObject({ dated: false });
  store.dateCommands(800);
  store.forgetCommands(501);
  expect(store.command('early')).toBeUndefined();
});
