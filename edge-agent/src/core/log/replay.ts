import {
  type AuditRecord,
  type ReplayReport,
  type ReplayStep,
  replayRecords,
} from '@tieline/audit';
import { acceptCommand } from '../law/active-actions.ts';
import type { ControlState } from '../law/control-state.ts';
import { decide } from '../law/decide.ts';
import { imageOf, logCycle } from './cycle-log.ts';
import {
  loggedAcceptance,
  loggedActions,
  loggedCycles,
  loggedPolicy,
  loggedState,
} from './logged-records.ts';
import { RECORD_KINDS } from './recorder.ts';

/**
 * Decides again over what an audit log says was seen, and compares with what it says was decided. The
 * log alone is enough: snapshots, process images, model outputs, accepted commands and policies.
 * @throws {AuditError} record_malformed
 */
export function replayDecisions(records: Iterable<AuditRecord>): ReplayReport {
  return replayRecords<ControlState>(records, {
    startKind: RECORD_KINDS.snapshot,
    start: loggedState,
    step: replayRecord,
  });
}

function replayRecord(state: ControlState, record: AuditRecord): ReplayStep<ControlState> {
  switch (record.kind) {
    case RECORD_KINDS.cycles: {
      let running = state;
      const cycles = loggedCycles(record).map((cycle) => {
        const image = imageOf(cycle);
        const decided = decide(running, image, cycle[4]);
        running = decided.state;
        return logCycle(image, cycle[4], decided.decision);
      });
      return { state: running, expected: { cycles }, cycles: cycles.length };
    }
    case RECORD_KINDS.actions:
      return { state: { ...state, actions: loggedActions(record) }, expected: null, cycles: 0 };
    case RECORD_KINDS.accepted: {
      const { state: after } = acceptCommand(state, loggedAcceptance(record));
      return { state: after, expected: null, cycles: 0 };
    }
    case RECORD_KINDS.policy:
      return { state: { ...state, policy: loggedPolicy(record) }, expected: null, cycles: 0 };
    default:
      return { state, expected: null, cycles: 0 };
  }
}
