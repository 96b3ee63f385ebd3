import { expect, test } from 'vitest';
import type { ControlStore } from './ports/control-store.ts';
import type { CommandRecord, RungRecord } from './ports/records.ts';
import type { TelemetryChunk, TelemetryStore } from './ports/telemetry-store.ts';

const id = (nr: number): string => nr.toString(16).padStart(32, '0');

function command(nr: number, change: Partial<CommandRecord> = {}): CommandRecord {
  return {
    id: id(nr),
    site: 'site-1',
    basis: { type: 'plan', bytes: new Uint8Array([1, 2, 3]) },
    orderId: null,
    actions: [{ type: 'mode', mode: 'idle', startWithinMs: 0, validForMs: 1_000 }],
    reason: 'a reason',
    createdWallMs: 1_000 + nr,
    notBeforeWallMs: 1_000,
    notAfterWallMs: 2_000,
    boundSess: null,
    control: { state: 'queued', code: null },
    ...change,
  };
}

function rung(auditIndex: number, change: Partial<RungRecord> = {}): RungRecord {
  return {
    site: 'site-1',
    generation: 0,
    auditIndex,
    command: id(1),
    action: null,
    status: { state: 'superseded', by: new Uint8Array(16).fill(3) },
    agentWallMs: 5,
    clock: 'trusted',
    receivedWallMs: 6,
    digest: id(auditIndex).repeat(2),
    ...change,
  };
}

/**
 * What every store of the control plane promises.
 * @param reopen  ends the process that holds the store without warning, and opens it again
 */
export function controlStoreCompliance(
  name: string,
  make: () => ControlStore,
  reopen: (store: ControlStore) => ControlStore,
): void {
  test(`${name}: counters and sequence numbers rise by one, each key and site on its own, across restarts`, () => {
    const store = make();
    expect([store.raise('epoch'), store.raise('epoch'), store.raise('freshness')]).toEqual([
      1, 2, 1,
    ]);
    expect([store.raise('epoch', 9), store.raise('epoch', 5)]).toEqual([10, 11]);
    expect([store.nextSeq('a', 'k'), store.nextSeq('a', 'k')]).toEqual([1, 2]);
    expect([store.nextSeq('b', 'k'), store.nextSeq('a', 'l')]).toEqual([1, 1]);
    const again = reopen(store);
    expect([again.lastSeq('a', 'k'), again.lastSeq('b', 'l')]).toEqual([2, 0]);
    expect([again.raise('epoch'), again.nextSeq('a', 'k')]).toEqual([12, 3]);
    again.close();
  });

  test(`${name}: a transaction that throws leaves nothing behind`, () => {
    const store = make();
    const failing = (): void => {
      store.addCommand(command(1));
      store.nextSeq('a', 'k');
      throw new Error('disk full');
    };
    expect(() => store.transaction(failing)).toThrow('disk full');
    expect(store.command(id(1))).toBeNull();
    expect(store.nextSeq('a', 'k')).toBe(1);
    store.close();
  });

  test(`${name}: a command comes back as it was stored, once, and is open until a rung or a last verdict`, () => {
    const store = make();
    expect(store.addCommand(command(1))).toBe(true);
    expect(store.addCommand(command(1, { reason: 'another' }))).toBe(false);
    store.addCommand(command(2, { site: 'site-2' }));
    store.addCommand(command(3, { control: { state: 'refused', code: 'order_session_other' } }));
    const again = reopen(store);
    expect(again.command(id(1))).toEqual(command(1));
    expect(again.commands({ limit: 2 }).map((one) => one.id)).toEqual([id(3), id(2)]);
    expect(again.commands({ site: 'site-1', limit: 9 }).map((one) => one.id)).toEqual([
      id(3),
      id(1),
    ]);
    expect(again.unacknowledged().map((one) => one.id)).toEqual([id(1), id(2)]);
    again.setVerdict(id(1), { state: 'unknown', code: 'no_receipt' });
    again.setVerdict(id(2), { state: 'unknown', code: 'too_late' });
    expect(again.unacknowledged().map((one) => one.id)).toEqual([id(1)]);
    again.setVerdict(id(2), { state: 'expired', code: 'too_late' });
    again.addRung(rung(1));
    expect(again.unacknowledged()).toEqual([]);
    expect(again.command(id(2))?.control).toEqual({ state: 'expired', code: 'too_late' });
    again.close();
  });

  test(`${name}: a rung is added once; another one in its place is a conflict, and the first stands`, () => {
    const store = make();
    store.addCommand(command(1));
    expect(store.addRung(rung(2))).toBe('added');
    expect(store.addRung(rung(1))).toBe('added');
    expect(store.addRung(rung(2))).toBe('known');
    expect(store.addRung(rung(2, { digest: 'f'.repeat(64) }))).toBe('conflict');
    const anew = rung(1, { generation: 1, digest: 'e'.repeat(64) });
    expect(store.addRung(anew)).toBe('added');
    expect(reopen(store).rungs(id(1))).toEqual([rung(1), rung(2), anew]);
  });

  test(`${name}: how far each audit log was read is kept`, () => {
    const store = make();
    expect(store.auditRead('site-1', 0)).toBe(0);
    store.setAuditRead('site-1', 0, 7);
    store.setAuditRead('site-1', 0, 9);
    store.setAuditRead('site-1', 1, 2);
    const again = reopen(store);
    expect([again.auditRead('site-1', 0), again.auditRead('site-1', 1)]).toEqual([9, 2]);
    expect([again.auditRead('site-1', 2), again.auditRead('site-2', 0)]).toEqual([0, 0]);
    again.close();
  });

  test(`${name}: what is known of an agent is replaced as a whole`, () => {
    const store = make();
    const agent = {
      site: 'site-1',
      sessions: [{ sess: id(5), boot: null, sessionMs: 7 }],
      software: 'x/1',
      bornWallMs: 1,
      heardWallMs: 2,
      quarantine: { code: 'log_truncated', facts: { size: 1 }, sinceWallMs: 3 },
      generation: 2,
    } as const;
    store.saveAgent({ ...agent, quarantine: null });
    store.saveAgent(agent);
    expect(reopen(store).agents()).toEqual([agent]);
  });

  test(`${name}: models are kept by block, and the newest policy is the one of the highest version`, () => {
    const store = make();
    const bytes = new Uint8Array([1, 2]);
    const model = {
      ...{ digest: id(1).repeat(2), name: 'm', version: '1', bytes: 2 },
      ...{ release: bytes, pushedWallMs: 1 },
    };
    store.addModel(model, [{ digest: id(2).repeat(2), bytes }]);
    store.addModel(model, []);
    store.addPolicy({ version: 3, bytes, acceptedWallMs: 1 });
    store.addPolicy({ version: 2, bytes, acceptedWallMs: 2 });
    const again = reopen(store);
    expect(again.models()).toMatchObject([{ digest: model.digest }]);
    expect(again.block(id(2).repeat(2))).toEqual(bytes);
    expect(again.block(id(3).repeat(2))).toBeNull();
    expect(again.newestPolicy()?.version).toBe(3);
    again.close();
  });

  test(`${name}: only the newest previews are kept`, () => {
    const store = make();
    for (let nr = 0; nr < 1_005; nr += 1) store.addPreview(id(nr), new Uint8Array([nr & 255]), nr);
    expect(store.preview(id(4))).toBeNull();
    expect(store.preview(id(5))?.[0]).toBe(5);
    store.close();
  });
}

/** What every telemetry store promises. */
export function telemetryStoreCompliance(name: string, make: () => TelemetryStore): void {
  const chunk = (startMs: number, values: number[], asset = 'meter'): TelemetryChunk => ({
    ...{ site: 'site-1', asset, quantity: 'active-power-kw', startMs, stepMs: 1_000 },
    values: Float64Array.from(values),
  });
  const query = (fromMs: number, toMs: number) => ({
    ...{ site: 'site-1', asset: 'meter', quantity: 'active-power-kw' },
    ...{ fromMs, toMs },
  });

  test(`${name}: a range finds every chunk that reaches into it, and no other`, () => {
    const store = make();
    store.add([chunk(0, [1, 2, 3]), chunk(3_000, [4, Number.NaN]), chunk(9_000, [6])]);
    store.add([chunk(4_000, [9], 'battery-1')]);
    const starts = (fromMs: number, toMs: number) =>
      store.chunks(query(fromMs, toMs), 10).map((one) => one.startMs);
    expect(starts(2_500, 3_000)).toEqual([0]);
    expect(starts(2_999, 3_001)).toEqual([0, 3_000]);
    expect(starts(3_000, 3_001)).toEqual([3_000]);
    expect(starts(5_000, 9_000)).toEqual([]);
    expect(store.chunks(query(3_000, 4_000), 10)[0]?.values).toEqual(
      Float64Array.of(4, Number.NaN),
    );
    expect(store.chunks(query(0, 99_000), 2)).toHaveLength(2);
    expect(store.count(query(0, 99_000))).toEqual({ chunks: 3, values: 6 });
    store.close();
  });

  test(`${name}: what begins before a time is dropped in bounded steps, the oldest of a series first`, () => {
    const store = make();
    const starts = () => store.chunks(query(0, 99_000), 10).map((one) => one.startMs);
    store.add([0, 1_000, 2_000, 3_000].map((startMs) => chunk(startMs, [1])));
    store.add([chunk(500, [1], 'battery-1')]);
    expect(store.prune(500, 9)).toBe(1);
    expect(starts()).toEqual([1_000, 2_000, 3_000]);
    expect(store.prune(3_000, 2)).toBe(2);
    expect(store.prune(3_000, 2)).toBe(1);
    expect(store.prune(3_000, 2)).toBe(0);
    expect(starts()).toEqual([3_000]);
    const named = (asset: string) => ({ asset, quantity: 'active-power-kw' });
    expect(store.series('site-1')).toEqual([named('meter'), named('battery-1')]);
    expect(store.series('site-2')).toEqual([]);
    store.close();
  });

  test(`${name}: a chunk that comes again leaves the one that is there`, () => {
    const store = make();
    store.add([chunk(0, [1])]);
    store.add([chunk(0, [2]), chunk(1_000, [3])]);
    const found = store.chunks(query(0, 9_000), 10);
    expect(found.map((one) => [...one.values])).toEqual([[1], [3]]);
    store.close();
  });
}
