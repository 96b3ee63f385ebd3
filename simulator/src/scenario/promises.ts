import { auditKeysOf, exportRecords, verifyExport } from '@tieline/audit';
import { replayDecisions } from '@tieline/edge-agent';
import { concatBytes, messageOf } from '@tieline/kernel';
import type { Conduct } from './conduct.ts';
import type { ControlledRun } from './controlled-run.ts';
import { PROMISE } from './expectation-words.ts';
import type { Outcome } from './expectations.ts';

/** What every run has to keep, whatever its scenario expects. Call it when the run has been stopped. */
export function promisesOf(run: ControlledRun, conduct: Conduct): readonly Outcome[] {
  const events = conduct.failures.join('; ');
  return [
    { ...promise(PROMISE.events, events === '', events || 'all did') },
    ...conduct.simulated.sites.flatMap(({ plant: { site } }) => [
      verifies(run, site),
      replays(run, site),
    ]),
  ];
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
