import { AuditError, auditKeysOf, type ExportReport, verifyExport } from '@tieline/audit';
import { shellWord, toHex } from '@tieline/kernel';
import type { Trust } from '@tieline/protocol';
import { CliError, EXIT } from '../exit.ts';
import { readTrust } from '../input/trust-file.ts';
import type { auditVerify } from '../table/audit.ts';
import type { Verb } from '../table/spec.ts';
import { layoutFacts } from '../text/layout.ts';
import { printJson } from '../text/print.ts';
import type { World } from '../world.ts';

export const run: Verb<typeof auditVerify> = async ({ flags, operands, global, world }) => {
  const { trust } = await readTrust(world, global, flags.trust);
  const report = await verifyLog(world, operands.file, trust, flags.pruned);
  if (global.json) {
    const { root, ...facts } = report;
    printJson(world, {
      schema: 'tieline.audit-verified/1',
      verified: true,
      ...facts,
      root: toHex(root),
    });
    return EXIT.ok;
  }
  world.stdout.write(layoutFacts(factsOf(report), world.stdout.colour));
  return EXIT.ok;
};

/** Verifies an export in one pass. @throws {CliError} exit 4 for anything that does not verify, with the place */
export async function verifyLog(
  world: World,
  path: string,
  trust: Trust,
  acceptPruned: boolean,
): Promise<ExportReport> {
  const pieces = await world.pieces(path);
  try {
    return verifyExport(pieces, auditKeysOf(trust), { acceptPruned });
  } catch (thrown) {
    if (!(thrown instanceof AuditError)) throw thrown;
    const { code, ...facts } = thrown.failure;
    const next =
      code === 'export_pruned' ? { next: `tieline audit verify ${shellWord(path)} --pruned` } : {};
    throw new CliError(EXIT.signature, {
      code,
      what: `${path} does not verify`,
      facts: [
        ['finding', code.replaceAll('_', ' ')],
        ...Object.entries(facts).map(([name, fact]): [string, string] => [name, String(fact)]),
      ],
      ...next,
    });
  }
}

function factsOf(report: ExportReport): [string, string][] {
  const { deployment, site, first, size, root, receipts, receiptedSize } = report;
  const proven =
    receiptedSize === size
      ? 'all of them receipted by the control plane'
      : `${receiptedSize} receipted by the control plane; beyond that the agent's signature alone speaks`;
  return [
    ['verified', `✓ log of ${site} in ${deployment}`],
    ['records', `${size - first}, from ${first} to ${size - 1}`],
    ...(first === 0 ? [] : [leftOut(first)]),
    ['root', toHex(root)],
    ['receipts', `${receipts}; ${proven}`],
  ];
}

function leftOut(first: number): [string, string] {
  const count = first === 1 ? 'record 0 is' : `records 0 to ${first - 1} are`;
  return [
    'left out',
    `${count} not in this file; nothing says what stood there, or who left it out`,
  ];
}
