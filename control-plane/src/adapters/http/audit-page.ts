import { z } from 'zod';
import type { ControlPlane } from '../../core/control-plane.ts';
import { plain } from '../../core/views.ts';
import { AuditRecordAnswer } from './shapes-agents.ts';

/** Characters of JSON after which an answer ends: a thousand large records would hold everybody up for seconds. */
const CHARACTERS_MAX = 1_048_576;

const Records = z.array(AuditRecordAnswer);

/**
 * Records of a site's log from one on: at most `limit`, fewer where they are large, and where to go on.
 * @throws {ControlError} site_unknown
 */
export function auditPage(
  plane: ControlPlane,
  site: string,
  { from, limit }: { readonly from: number; readonly limit: number },
) {
  const audit = plane.auditOf(site);
  const size = audit.size(site);
  const records: unknown[] = [];
  let characters = 0;
  for (const record of audit.records(site, Math.min(from, size), Math.min(from + limit, size))) {
    const shown = plain(record);
    characters += JSON.stringify(shown).length;
    if (records.length > 0 && characters > CHARACTERS_MAX) break;
    records.push(shown);
  }
  const end = from + records.length;
  return { size, records: Records.parse(records), next: end < size ? end : null };
}
