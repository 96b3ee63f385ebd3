import { z } from 'zod';
import { CliError, EXIT } from '../exit.ts';
import { shaped } from '../input/shape.ts';
import { readTrust } from '../input/trust-file.ts';
import type { auditReplay } from '../table/audit.ts';
import type { Verb } from '../table/spec.ts';
import { layoutFacts } from '../text/layout.ts';
import { printJson } from '../text/print.ts';
import { verifyLog } from './audit-verify.ts';

/** What the agent's `replay` prints; it alone knows how its decisions are made. */
const ReplayReport = z.looseObject({
  schema: z.literal('tieline.replay/1'),
  cycles: z.int().min(0),
  from: z.int().min(0).nullable(),
  identical: z.boolean(),
  firstDifference: z
    .looseObject({ seq: z.int().min(0), expected: z.unknown(), logged: z.unknown() })
    .nullable(),
});
type ReplayReport = z.output<typeof ReplayReport>;

export const run: Verb<typeof auditReplay> = async ({ flags, operands, global, world }) => {
  if (flags.trust !== undefined) {
    const { trust } = await readTrust(world, global, flags.trust);
    await verifyLog(world, operands.file, trust, flags.pruned);
  }
  const main = 'edge-agent/src/main.ts';
  const { exit, stdout } = await world.start(main, ['replay', operands.file]);
  // The agent has said on standard error what it could not do.
  if (stdout === '') return exit === EXIT.ok ? EXIT.failed : exit;
  const report = shaped('The replay', jsonLine(stdout), 'understood', ReplayReport);
  if (global.json) printJson(world, report);
  else if (report.identical) {
    const { cycles, from } = report;
    const said = `✓ ${cycles} cycles from record ${from} on, every decision identical`;
    const facts = [['replayed', said]] as const;
    world.stdout.write(layoutFacts(facts, world.stdout.colour));
  }
  if (report.identical && exit === EXIT.ok) return EXIT.ok;
  if (report.cycles === 0) {
    throw new CliError(EXIT.failed, {
      code: 'replay_empty',
      what: `There is nothing to replay in ${operands.file}`,
      facts: [['reason', 'no cycle follows a snapshot of the control law in it']],
    });
  }
  throw new CliError(EXIT.failed, {
    code: 'replay_differs',
    what: `${operands.file} replays to another decision`,
    facts: [
      ['cycles', `${report.cycles} replayed`],
      ['first difference', placeOf(report.firstDifference)],
    ],
  });
};

/** Down to the first value that is not the same: a record holds a minute of cycles. */
function placeOf(difference: ReplayReport['firstDifference']): string {
  if (difference === null) return 'not said';
  const path: string[] = [];
  let { logged, expected } = difference;
  while (isNested(logged) && isNested(expected)) {
    const [before, after] = [logged, expected];
    const name = Object.keys({ ...before, ...after }).find(
      (one) => JSON.stringify(before[one]) !== JSON.stringify(after[one]),
    );
    if (name === undefined) break;
    path.push(name);
    [logged, expected] = [before[name], after[name]];
  }
  const [was, is] = [JSON.stringify(logged), JSON.stringify(expected)];
  return `record ${difference.seq}, ${path.join('.')}: logged ${was}, decided again ${is}`;
}

function isNested(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function jsonLine(stdout: string): unknown {
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  } catch {
    return null;
  }
}
