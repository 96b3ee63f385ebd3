import { auditKeysOf, exportRecords, verifyExport } from '@tieline/audit';
import { messageOf } from '@tieline/kernel';
import type { Trust } from '@tieline/protocol';
import type { SimulatedFeeder } from '../deployment/simulated-site.ts';
import type { AgentView } from '../live/adapters/operator.ts';
import { VirtualRun } from '../virtual/virtual-run.ts';
import type { LiveTroupe } from './adapters/troupe.ts';
import type { Findings } from './story.ts';
import type { DemoSummary } from './summary.ts';

/** A run that has been played to its end; its processes still stand. */
export interface PlayedRun {
  readonly troupe: LiveTroupe;
  readonly simulated: SimulatedFeeder;
  readonly trust: Trust;
  /** `site`: the one that was cut off. */
  readonly findings: Findings & { readonly site: string };
  /** Simulated Unix ms. */
  readonly evening: { readonly seed: number; readonly startMs: number; readonly endMs: number };
}

/** What the logs prove of a run, once each has been verified with the trust document alone. */
interface Evidence {
  readonly records: number;
  readonly verified: boolean;
  readonly refused: number;
  readonly bufferedWhileCut: number;
}

/** Kinds of audit records that stand for a command which came to nothing. */
const REFUSED_KINDS: ReadonlySet<string> = new Set([
  'command_refused',
  'command_repeated',
  'message_replayed',
]);

/** Measures what the story claimed: from the exported logs, the plant, and the same evening without control. */
export async function judge(run: PlayedRun): Promise<DemoSummary> {
  const { troupe, simulated } = run;
  const { operator } = troupe;
  const agents = await operator.agents();
  const commands = await operator.commands();
  const evidence = await gatherEvidence(run);
  const plant = troupe.plant();
  const peakImportKw = await peaksOf(run);
  const confirmed = commands.filter(({ confirmedBy }) => confirmedBy === 'meter').length;
  return {
    schema: 'tieline.demo/1',
    feeder: simulated.feeder.name,
    agents: agents.filter(({ reported }) => reported !== null).length,
    commands: { confirmed, refused: evidence.refused },
    peakImportKw,
    minVoltagePu: plant.lowestVoltagePu,
    audit: {
      records: evidence.records,
      bufferedWhileCut: evidence.bufferedWhileCut,
      lost: agents.reduce((sum, agent) => sum + lostOf(agent), 0),
      verified: evidence.verified,
    },
    models: agents.map(({ site, reported }) => ({
      agent: site,
      digest: `sha256:${reported?.model ?? ''}`,
      running: typeof reported?.model === 'string',
    })),
  };
}

/** Records that an agent reported and the control plane does not hold. */
function lostOf({ reported, auditReceipted }: AgentView): number {
  return Math.max(0, (reported?.audit.size ?? 0) - auditReceipted);
}

async function gatherEvidence({
  troupe,
  simulated,
  trust,
  findings,
}: PlayedRun): Promise<Evidence> {
  const { cutMs, restoredMs, site: cutSite } = findings;
  let [records, refused, bufferedWhileCut] = [0, 0, 0];
  let verified = true;
  for (const { plant } of simulated.sites) {
    const file = await troupe.operator.auditExport(plant.site);
    verified &&= verifies(file, trust);
    for (const record of exportRecords(file)) {
      records += 1;
      const onCommands = record.kind === 'message_refused' && record.subject.endsWith('/command');
      if (onCommands || REFUSED_KINDS.has(record.kind)) refused += 1;
      const alone = record.wallMs > cutMs && record.wallMs < restoredMs;
      if (plant.site === cutSite && alone) bufferedWhileCut += 1;
    }
  }
  return { records, verified, refused, bufferedWhileCut };
}

function verifies(file: Uint8Array, trust: Trust): boolean {
  try {
    verifyExport(file, auditKeysOf(trust));
    return true;
  } catch (thrown) {
    process.stderr.write(`✗ ${messageOf(thrown)}\n`);
    return false;
  }
}

/**
 * Highest quarter hour of the evening as it was played, and of the same quarter hours with the same plant and
 * seed on virtual time, with nobody at the batteries.
 */
async function peaksOf({
  troupe,
  simulated,
  evening,
}: PlayedRun): Promise<DemoSummary['peakImportKw']> {
  const { seed, startMs, endMs } = evening;
  const idle = new VirtualRun({ simulated, seed, startMs, control: false });
  await idle.advance(endMs - startMs);
  await idle.stop();
  const both = [...idle.trace.quarters.keys()].filter((start) => troupe.quarters.has(start));
  const highest = (quarters: ReadonlyMap<number, number>): number =>
    both.length === 0 ? Number.NaN : Math.max(...both.map((start) => quarters.get(start) ?? 0));
  return { withoutControl: highest(idle.trace.quarters), withControl: highest(troupe.quarters) };
}
