#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { agentProcessBench } from './agent-process.ts';
import { auditBench } from './audit.ts';
import { capacityBench } from './capacity.ts';
import { commandRoundTripBench } from './command-round-trip.ts';
import { controlCycleBench } from './control-cycle.ts';
import { inferenceBench } from './inference.ts';
import { powerFlowBench } from './power-flow.ts';
import { type Bench, type Row, reachesAim, tableOf } from './row.ts';
import { simulatedWeekBench } from './simulated-week.ts';
import { telemetryBench } from './telemetry.ts';
import { verifyBench } from './verify.ts';
import { virtualTimeBench } from './virtual-time.ts';

const BENCHES: readonly Bench[] = [
  // First: memory that another bench has left free would be filled unseen.
  simulatedWeekBench,
  commandRoundTripBench,
  verifyBench,
  auditBench,
  telemetryBench,
  controlCycleBench,
  inferenceBench,
  powerFlowBench,
  virtualTimeBench,
  capacityBench,
  agentProcessBench,
];

const USAGE = `usage: npm run bench -- [--json] [--only NAME] [--full]

  --json       one object instead of the table
  --only NAME  benches whose name contains NAME; again for more
  --full       long measurements at full length: ten minutes of an agent's memory instead of one, a day of virtual time,
               a week of its memory

Benches: ${BENCHES.map(({ name }) => name).join(' · ')}
`;

/** Exit codes: 0 all measured, whether the aims are reached or not; 1 a bench failed; 2 usage. */
async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      full: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const { only, full, json } = values;
  const chosen = BENCHES.filter(
    ({ name }) => only.length === 0 || only.some((part) => name.includes(part)),
  );
  if (chosen.length === 0) {
    process.stderr.write(USAGE);
    return 2;
  }
  const rows: Row[] = [];
  for (const bench of chosen) {
    process.stderr.write(`… ${bench.name}\n`);
    // What one bench leaves behind is not the next one's to collect.
    globalThis.gc?.();
    rows.push(...(await bench.run({ full })));
  }
  process.stdout.write(json ? `${JSON.stringify(reportOf(rows))}\n` : `${tableOf(rows)}\n`);
  return 0;
}

function reportOf(rows: readonly Row[]) {
  return {
    schema: 'tieline.bench/1',
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    rows: rows.map((row) => ({ ...row, ok: reachesAim(row) })),
  };
}

process.exitCode = await main(process.argv.slice(2));
