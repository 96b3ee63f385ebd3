import { AuditError, type AuditRecord, exportRecords } from '@tieline/audit';
import { replayDecisions } from '@tieline/edge-agent';
import { assert } from '@tieline/kernel';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { MINUTES, type RecordedRun, recordRun } from './recorded-run.ts';

let run: RecordedRun;
beforeAll(async () => {
  run = await recordRun();
}, 60_000);

const recordsOf = (site: string): AuditRecord[] => {
  const file = run.exports.get(site);
  assert(file !== undefined, 'the site has a log');
  return [...exportRecords(file)];
};

test('ten minutes of three agents, commands among them, are decided again from their logs alone', () => {
  for (const site of run.exports.keys()) {
    const records = recordsOf(site);
    const report = replayDecisions(records);
    expect(report).toMatchObject({ identical: true, firstDifference: null });
    // A cycle a second, and one at once behind each command.
    expect(report.cycles).toBeGreaterThanOrEqual(MINUTES * 60);
    const kinds = new Set(records.map(({ kind }) => kind));
    for (const kind of ['command_accepted', 'command_confirmed', 'model_activated']) {
      expect(kinds, site).toContain(kind);
    }
    const accepted = records.filter(({ kind }) => kind === 'command_accepted');
    expect(new Set(accepted.map(({ subject }) => subject)).size).toBe(accepted.length);
    expect(accepted.length).toBeGreaterThanOrEqual(3);
  }
});

type Cycle = [
  number,
  number,
  string,
  unknown[],
  number | null,
  [string, number | null][],
  unknown[],
];

/** The same records, but one decision in one of them is another one. */
function withDecision(records: readonly AuditRecord[], place: number, changeKw: number) {
  const places = records.flatMap(({ kind, body }, at) =>
    kind === 'control_cycles'
      ? (body['cycles'] as Cycle[]).flatMap((cycle, cycleAt) =>
          cycle[5].map((_, setpointAt) => ({ at, cycleAt, setpointAt })),
        )
      : [],
  );
  const chosen = places[place % places.length];
  const record = chosen === undefined ? undefined : records[chosen.at];
  assert(chosen !== undefined && record !== undefined, 'the log has decisions');
  const body = structuredClone(record.body);
  const setpoint = (body['cycles'] as Cycle[])[chosen.cycleAt]?.[5][chosen.setpointAt];
  assert(setpoint !== undefined, 'the cycle has this decision');
  setpoint[1] = (setpoint[1] ?? 0) + changeKw;
  return { seq: record.seq, records: records.with(chosen.at, { ...record, body }) };
}

test('a decision that the log tells otherwise, by a watt, is found where it stands', () => {
  const records = recordsOf('harbour');
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(-0.001, 0.001), (place, changeKw) => {
      const changed = withDecision(records, place, changeKw);
      const report = replayDecisions(changed.records);
      expect(report.identical).toBe(false);
      expect(report.firstDifference?.seq).toBe(changed.seq);
    }),
    { numRuns: 60 },
  );
});

test('a measurement, a command or a start that the log tells otherwise gives other decisions', () => {
  const records = recordsOf('harbour');
  const changed = (kind: string, change: (body: Record<string, unknown>) => void) => {
    const at = records.findIndex((record) => record.kind === kind);
    const record = records[at];
    assert(record !== undefined, `the log has a ${kind}`);
    const body = structuredClone(record.body) as Record<string, unknown>;
    change(body);
    return replayDecisions(records.with(at, { ...record, body: body as AuditRecord['body'] }));
  };
  const reports = {
    command: changed('command_accepted', (body) => {
      const [action] = body['actions'] as { activePowerKw: number }[];
      if (action !== undefined) action.activePowerKw += 1;
    }),
    acceptance: changed('command_accepted', (body) => {
      body['acceptedMs'] = Number(body['acceptedMs']) + 30_000;
    }),
    policy: changed('policy_activated', (body) => {
      const site = body['site'] as { quarterHourImportMaxKw: number };
      site.quarterHourImportMaxKw -= 40;
    }),
    measurement: changed('control_cycles', (body) => {
      for (const cycle of body['cycles'] as Cycle[]) {
        const meter = cycle[3].find((reading) => (reading as unknown[])[0] === 'meter') as number[];
        meter[1] = (meter[1] ?? 0) - 200;
      }
    }),
    start: changed('control_snapshot', (body) => {
      const state = body['state'] as { ratings: { asset: string; dischargeMaxKw: number }[] };
      for (const rating of state.ratings) {
        if (rating.asset === 'battery') rating.dischargeMaxKw = 1;
      }
    }),
  };
  for (const [what, { identical }] of Object.entries(reports)) expect(identical, what).toBe(false);
});

test('a log without its beginning says how much of it nothing can be said about', () => {
  const records = recordsOf('harbour').slice(1);
  const beheaded = records.slice(records.findIndex(({ kind }) => kind === 'control_cycles'));
  expect(replayDecisions(beheaded)).toMatchObject({
    cycles: 0,
    skipped: beheaded.length,
    identical: false,
  });
});

test.each(['control_snapshot', 'control_cycles', 'command_accepted', 'policy_activated'])(
  'a %s that does not look like one is refused with its place, not decided on',
  (kind) => {
    const records = recordsOf('harbour');
    const at = records.findIndex((record) => record.kind === kind);
    const record = records[at];
    assert(record !== undefined, `the log has a ${kind}`);
    for (const body of [{}, { ...record.body, more: 1 }]) {
      const replay = () => replayDecisions(records.with(at, { ...record, body }));
      expect(replay).toThrow(AuditError);
      expect(replay).toThrow(
        expect.objectContaining({ failure: expect.objectContaining({ seq: at }) }),
      );
    }
  },
);
