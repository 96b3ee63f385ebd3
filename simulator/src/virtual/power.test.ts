import { AuditLog, type Database, openDatabase } from '@tieline/audit';
import { type AgentStore, sqliteStore } from '@tieline/edge-agent';
import { nodeSigner } from '@tieline/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Power, PowerCut, poweredDevices, poweredStore } from './power.ts';

let db: Database;
let power: Power;
let cuts = 0;
beforeEach(() => {
  db = openDatabase(':memory:', { synchronous: 'FULL' });
  cuts = 0;
  power = new Power(() => {
    cuts += 1;
  });
});
afterEach(() => db.close());

/** What a process finds that starts on this disk now. */
function store(): AgentStore {
  const key = { principal: 'site-1', signer: nodeSigner(new Uint8Array(32).fill(2)) };
  const identity = { anchor: new Uint8Array(32).fill(1), deployment: 'demo', site: 'site-1' };
  return sqliteStore(db, new AuditLog({ db, identity, key }));
}

test.each([
  [1, false, 0],
  [1, true, 1],
  [3, false, 2],
  [3, true, 3],
])('power that fails at write %i, kept: %s, leaves %i writes', (atWrite, kept, left) => {
  const powered = poweredStore(store(), power);
  power.planCut({ atWrite, kept });
  const writes = (): void => {
    for (const boot of [1, 2, 3, 4]) powered.transaction(() => powered.setBoots(boot));
  };
  expect(writes).toThrow(PowerCut);
  expect(cuts).toBe(1);
  expect(store().boots()).toBe(left);
  expect(writes).toThrow(PowerCut);
  expect(store().boots()).toBe(left);
});

test('a process without power reaches its devices no more', async () => {
  const reads: number[] = [];
  const devices = poweredDevices(
    {
      ratings: [],
      readAll: async (deadlineMs) => {
        reads.push(deadlineMs);
        return new Map();
      },
      write: async () => ({ ok: true }),
      close: async () => {},
    },
    power,
  );
  await devices.readAll(1);
  power.cut();
  power.cut();
  await expect(devices.readAll(2)).rejects.toThrow(PowerCut);
  const setpoint = { activePowerKw: 1, reversionS: 60, revertKw: null };
  await expect(devices.write('battery', setpoint, 1)).rejects.toThrow(PowerCut);
  expect([reads, cuts]).toEqual([[1], 1]);
});
