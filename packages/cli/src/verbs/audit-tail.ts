import { z } from 'zod';
import { EXIT } from '../exit.ts';
import { AuditRecord } from '../http/answers.ts';
import { ControlPlane, query } from '../http/control-plane.ts';
import { parseCount } from '../input/quantities.ts';
import type { auditTail } from '../table/audit.ts';
import type { Verb } from '../table/spec.ts';
import { instant } from '../text/humane.ts';
import { layoutTable } from '../text/layout.ts';
import { printJson } from '../text/print.ts';

const LIMIT = 20;
const LIMIT_MAX = 1_000;
const SEQ_MAX = 2 ** 48;

export const run: Verb<typeof auditTail> = async ({ flags, operands, global, world }) => {
  const limit =
    flags.limit === undefined ? LIMIT : parseCount('--limit', flags.limit, 1, LIMIT_MAX);
  const from = flags.from === undefined ? undefined : parseCount('--from', flags.from, 0, SEQ_MAX);
  const control = await ControlPlane.open(world, global);
  const records = await readRecords(control, operands.site, from, limit);
  if (global.json) {
    for (const record of records) printJson(world, { schema: 'tieline.audit-record/1', ...record });
    return EXIT.ok;
  }
  const rows = records.map(({ seq, wallMs, clock, actor, kind, subject, body }) => ({
    cells: [
      `${seq}`,
      `${instant(wallMs)}${clock === 'trusted' ? '' : '?'}`,
      actor,
      kind,
      subject,
      abridged(JSON.stringify(body) ?? ''),
    ],
  }));
  const columns = [
    { header: 'RECORD', align: 'right' as const },
    { header: 'TIME' },
    { header: 'ACTOR' },
    { header: 'KIND' },
    { header: 'SUBJECT' },
    { header: 'BODY' },
  ];
  world.stdout.write(layoutTable(columns, rows, world.stdout.colour));
  return EXIT.ok;
};

const Records = z.object({
  size: z.number(),
  records: z.array(AuditRecord),
  next: z.number().nullable(),
});

/** The newest records, unless a first one is named. The log may grow between the questions: that is no matter. */
async function readRecords(
  control: ControlPlane,
  site: string,
  from: number | undefined,
  limit: number,
): Promise<readonly AuditRecord[]> {
  const ask = (first: number, count: number) =>
    control.get(
      query(`/v1/audit/${encodeURIComponent(site)}`, { from: first, limit: count }),
      Records,
    );
  const found: AuditRecord[] = [];
  let next: number | null = from ?? Math.max(0, (await ask(0, 1)).size - limit);
  // Large records come in parts.
  while (next !== null && found.length < limit) {
    const page: z.output<typeof Records> = await ask(next, limit - found.length);
    found.push(...page.records);
    next = page.records.length === 0 ? null : page.next;
  }
  return found;
}

const BODY_CHARACTERS = 100;

/** `--json` has all of it. */
function abridged(text: string): string {
  return text.length <= BODY_CHARACTERS ? text : `${text.slice(0, BODY_CHARACTERS - 1)}…`;
}
