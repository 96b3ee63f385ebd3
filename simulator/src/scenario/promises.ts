import { auditKeysOf, exportRecords, verifyExport } from '@tieline/audit';
import { replayDecisions } from '@tieline/edge-agent';
import { concatBytes, equalBytes, messageOf } from '@tieline/kernel';
import { decodeCbor } from '@tieline/protocol';
import { clock } from './clock.ts';
import type { Conduct } from './conduct.ts';
import type { ControlledRun } from './controlled-run.ts';
import { PROMISE } from './expectation-words.ts';
import type { Outcome } from './expectations.ts';
import { rfc6962Root } from './rfc-6962.ts';

/** What every run has to keep, whatever its scenario expects. Call it when the run has been stopped. */
export function promisesOf(run: ControlledRun, conduct: Conduct): readonly Outcome[] {
  const events = conduct.failures.join('; ');
  return [
    { ...promise(PROMISE.events, events === '', events || 'all did') },
    ...keptUp(run),
    ...conduct.simulated.sites.flatMap(({ plant: { site } }) => [
      verifies(run, site),
      hashes(run, site),
      replays(run, site),
    ]),
  ];
}

/** What lies between two looks is not seen: a live run that falls behind cannot say what it kept. */
const STEP_MAX_MS = 10_000;

function keptUp({ pace }: ControlledRun): readonly Outcome[] {
  if (pace === undefined) return [];
  const expected = `the plant is looked at every second, and never less than every ${clock(STEP_MAX_MS)}`;
  const { rate, longestStepMs } = pace;
  const seen = `once after ${clock(longestStepMs)}, at rate ${rate}`;
  return [promise(expected, longestStepMs <= STEP_MAX_MS, seen)];
}

function promise(expected: string, kept: boolean, seen: string): Outcome {
  return { expected, kept, seen, headroom: null, atMs: null };
}

function verifies(run: ControlledRun, site: string): Outcome {
  const expected = PROMISE.verifies(site);
  const { trust } = run.provisioned;
  try {
    const { size, receiptedSize } = verifyExport(exported(run, site), auditKeysOf(trust), {
      acceptPruned: true,
    });
    return promise(expected, true, `${size} records, ${receiptedSize} receipted`);
  } catch (thrown) {
    return promise(expected, false, messageOf(thrown));
  }
}

/** Over the very records, by a hand that knows nothing of how the log keeps its hashes. */
function hashes(run: ControlledRun, site: string): Outcome {
  const expected = PROMISE.root(site);
  const log = run.auditLog(site);
  if (log.first > 0) return promise(expected, true, `not looked at: it begins with ${log.first}`);
  const records = [...log.export()].flatMap((chunk) => recordsIn(chunk));
  const isRoot = equalBytes(rfc6962Root(records), log.root());
  return promise(expected, isRoot, `${isRoot ? 'it is' : 'another'}, of ${records.length} records`);
}

/** Of a frame of an export (docs/reference/audit-export.md): a kind, and 3 stands for a record. */
function recordsIn(frame: Uint8Array): readonly Uint8Array[] {
  const [kind, content] = decodeCbor(frame) as [number, Uint8Array];
  return kind === 3 ? [content] : [];
}

function replays(run: ControlledRun, site: string): Outcome {
  const expected = PROMISE.replays(site);
  try {
    const { cycles, identical } = replayDecisions(exportRecords(exported(run, site)));
    return promise(expected, identical && cycles > 0, `${cycles} cycles`);
  } catch (thrown) {
    return promise(expected, false, messageOf(thrown));
  }
}

function exported(run: ControlledRun, site: string): Uint8Array {
  return concatBytes(...run.auditLog(site).export());
}
