import { shellWord } from '@tieline/kernel';
import { CliError, EXIT, usageError } from '../exit.ts';
import { ControlPlane, query } from '../http/control-plane.ts';
import { parseCount } from '../input/quantities.ts';
import type { auditExport } from '../table/audit.ts';
import type { Verb } from '../table/spec.ts';
import { layoutFacts } from '../text/layout.ts';
import { printJson } from '../text/print.ts';

const EXPORT_FILE_MODE = 0o644;
const CLOSED_MAX = 2 ** 17;

export const run: Verb<typeof auditExport> = async ({ flags, operands, global, world }) => {
  if (await world.exists(flags.out)) {
    throw usageError(`${flags.out} exists already, and nothing is overwritten`);
  }
  const closed =
    flags.closed === undefined ? undefined : parseCount('--closed', flags.closed, 1, CLOSED_MAX);
  const control = await ControlPlane.open(world, global);
  const path = `/v1/audit/${encodeURIComponent(operands.site)}/export`;
  const chunks = await control.download(query(path, { closed }));
  let bytes = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      yield chunk;
    }
    if (bytes > 0) return;
    throw new CliError(EXIT.failed, {
      code: 'audit_empty',
      what: `The control plane holds no audit record of ${operands.site}`,
    });
  };
  await world.create(flags.out, counted(), EXPORT_FILE_MODE);
  if (global.json) {
    const facts = { site: operands.site, file: flags.out, bytes };
    printJson(world, { schema: 'tieline.audit-exported/1', ...facts });
  } else {
    const rows = [
      ['written', `${flags.out}, ${bytes} bytes, not verified yet`],
      ['next', `tieline audit verify ${shellWord(flags.out)}`],
    ] as const;
    world.stdout.write(layoutFacts(rows, world.stdout.colour));
  }
  return EXIT.ok;
};
