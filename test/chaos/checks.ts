import { type AuditKeys, type AuditLog, verifyExport } from '@tieline/audit';
import { replayDecisions } from '@tieline/edge-agent';
import { concatBytes, toHex } from '@tieline/kernel';
import { expect } from 'vitest';
import { type Dispatcher, LAST_WORDS } from './dispatcher.ts';

/** What is on the disk at one moment, counted. */
export interface Found {
  readonly records: number;
  readonly cycles: number;
  /** Acceptances on record, and how many commands they are of. */
  readonly acceptances: number;
  readonly commands: number;
  /** Accepted commands that nothing final is said of. */
  readonly open: readonly string[];
}

/**
 * Everything that a killed agent has promised, held against what it left behind: the log proves itself and
 * replays, holds all that was signed for and all that any receipt spoke of, and no command twice.
 */
export function expectPromisesKept(log: AuditLog, control: Dispatcher, keys: AuditKeys): Found {
  expect(control.faults).toEqual([]);
  const report = verifyExport(concatBytes(...log.export()), keys);
  const signedFor = control.witness.size(report.site);
  expect(report.size).toBeGreaterThanOrEqual(signedFor);
  const records = [...log.records()];
  if (signedFor > 0) {
    const witnessed = control.witness.records(report.site, signedFor - 1);
    expect([...witnessed]).toEqual([records[signedFor - 1]]);
  }
  for (const { command, auditIndex, counter } of control.receipts.values()) {
    expect(records[auditIndex]?.subject, `receipt ${counter}`).toBe(toHex(command));
  }
  const replayed = replayDecisions(records);
  expect(replayed).toMatchObject({ identical: true, firstDifference: null });
  const accepted = records.filter(({ kind }) => kind === 'command_accepted');
  const commands = new Set(accepted.map(({ subject }) => subject));
  expect(accepted.map(({ subject }) => subject)).toEqual([...commands]);
  for (const command of control.accepted()) expect(commands).toContain(command);
  const last = new Map<string, string>();
  for (const { kind, subject } of records) {
    const state = kind.startsWith('command_') ? kind.slice('command_'.length) : null;
    if (state !== null && state !== 'repeated' && state !== 'refused') last.set(subject, state);
  }
  return {
    records: records.length,
    cycles: replayed.cycles,
    acceptances: accepted.length,
    commands: commands.size,
    open: [...commands].filter((command) => !LAST_WORDS.has(last.get(command) ?? '')),
  };
}
