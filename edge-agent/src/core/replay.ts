import {
  type AuditRecord,
  type ReplayReport,
  type ReplayStep,
  replayRecords,
} from '@tieline/audit';
import type { CborEncodable, SitePolicy } from '@tieline/protocol';
import { type AcceptedCommand, acceptCommand } from './active-actions.ts';
import type { ControlState } from './control-state.ts';
import { imageOf, type LoggedCycle, logCycle } from './cycle-log.ts';
import { decide } from './decide.ts';
import { RECORD_KINDS } from './recorder.ts';

/**
 * Decides again over what an audit log says was seen, and compares with what it says was decided. The
 * log alone is enough: snapshots, process images, model outputs, accepted commands and policies.
 */
export function replayDecisions(records: Iterable<AuditRecord>): ReplayReport {
  return replayRecords<ControlState>(records, {
    startKind: RECORD_KINDS.snapshot,
    start: (body) => body['state'] as unknown as ControlState,
    step: replayRecord,
  });
}

function replayRecord(state: ControlState, record: AuditRecord): ReplayStep<ControlState> {
  switch (record.kind) {
    case RECORD_KINDS.cycles: {
      const logged = record.body['cycles'] as unknown as readonly LoggedCycle[];
      let running = state;
      const cycles = logged.map((cycle) => {
        const image = imageOf(cycle);
        const decided = decide(running, image, cycle[4]);
        running = decided.state;
        return logCycle(image, cycle[4], decided.decision);
      });
      const expected = { cycles: cycles as unknown as CborEncodable };
      return { state: running, expected, cycles: cycles.length };
    }
    case RECORD_KINDS.accepted: {
      const accepted = { ...record.body, command: record.subject } as unknown as AcceptedCommand;
      return { state: acceptCommand(state, accepted).state, expected: null, cycles: 0 };
    }
    case RECORD_KINDS.policy: {
      const policy = record.body['site'] as unknown as SitePolicy;
      return { state: { ...state, policy }, expected: null, cycles: 0 };
    }
    default:
      return { state, expected: null, cycles: 0 };
  }
}
