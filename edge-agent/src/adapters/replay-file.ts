import { exportRecords, type ReplayReport, readChunks } from '@tieline/audit';
import { replayDecisions } from '../core/log/replay.ts';

/** Replays the decisions of an exported audit log. @throws {AuditError} where the file cannot be read as one */
export function replayFile(path: string): ReplayReport {
  return replayDecisions(exportRecords(readChunks(path)));
}
