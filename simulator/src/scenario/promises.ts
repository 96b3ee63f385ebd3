import { auditKeysOf, exportRecords, verifyExport } from '@tieline/audit';
import { replayDecisions } from '@tieline/edge-agent';
import { concatBytes, equalBytes, messageOf } from '@tieline/kernel';
import { decodeCbor } from '@tieline/protocol';
import { clock } from './clock.ts';
import type { Conduct } from './conduct.ts';
import type { ControlledRun } from './controlled-run.ts';
import { PROMISE, whoseWords } from './expectation-words.ts';
import type { Outcome } from './expectations.ts';
import { rfc6962Root } from './rfc-6962.ts';

/** What every run has to keep, whatever its scenario expects. Call it when the run has been stopped. */
export function promisesOf(run: ControlledRun, conduct: Conduct): readonly Outcome[] {
  const events = conduct.failures.join('; ');
  const sites = conduct.simulated.sites.map(({ plant: { site } }) => site);
  return [
    { ...promise(PROMISE.events, events === '', events || 'all did') },
    ...keptUp(run),
    ...atEverySite(PROMISE.verifies, sites, (site) => verified(run, site)),
    ...atEverySite(PROMISE.root, sites, (site) => hashed(run, site)),
    ...atEverySite(PROMISE.replays, sites, (site) => replayed(run, site)),
  ];
}

/** What lies between two looks is not seen: a live run that falls behind cannot say what it kept. */
const STEP_MAX_MS = 10_000;

function keptUp({ live }: ControlledRun): readonly Outcome[] {
  if (live === undefined) return [];
  const expected = `the plant is looked at every second, and never less than every ${clock(STEP_MAX_MS)}`;
  const { rate, longestStepMs } = live;
  const seen = `once after ${clock(longestStepMs)}, at rate ${rate}`;
  return [promise(expected, longestStepMs <= STEP_MAX_MS, seen)];
}

function promise(expected: string, kept: boolean, seen: string): Outcome {
  return { expected, kept, seen, headroom: null, atMs: null };
}

/** What a look at one site found, by what was counted; or why its promise is broken. */
type Found = { readonly counts: Counts } | { readonly broken: string };
type Counts = Readonly<Record<string, number>>;

/**
 * One outcome for all sites that keep a promise, with the sums of what was counted: hundreds of equal lines hide the one
 * that differs. Each site that breaks it has an outcome of its own, before that.
 */
export function atEverySite(
  words: (whose: string) => string,
  sites: readonly string[],
  look: (site: string) => Found,
): readonly Outcome[] {
  const kept: string[] = [];
  const sums: Record<string, number> = {};
  const broken: Outcome[] = [];
  for (const site of sites) {
    const found = look(site);
    if ('broken' in found) {
      broken.push(promise(words(site), false, found.broken));
      continue;
    }
    kept.push(site);
    for (const [what, count] of Object.entries(found.counts)) {
      sums[what] = (sums[what] ?? 0) + count;
    }
  }
  if (kept.length === 0) return broken;
  const seen = Object.entries(sums).map(([what, count]) => `${count} ${what}`);
  return [...broken, promise(words(whoseWords(kept)), true, seen.join(', '))];
}

function verified(run: ControlledRun, site: string): Found {
  const { trust } = run.provisioned;
  try {
    const { size, receiptedSize } = verifyExport(exported(run, site), auditKeysOf(trust), {
      acceptPruned: true,
    });
    return { counts: { records: size, receipted: receiptedSize } };
  } catch (thrown) {
    return { broken: messageOf(thrown) };
  }
}

/** Over the very records, by a hand that knows nothing of how the log keeps its hashes. */
function hashed(run: ControlledRun, site: string): Found {
  const log = run.auditLog(site);
  if (log.first > 0) return { counts: { 'not looked at, as the oldest records are gone': 1 } };
  const records = [...log.export()].flatMap((chunk) => recordsIn(chunk));
  const isRoot = equalBytes(rfc6962Root(records), log.root());
  const counts = { records: records.length };
  return isRoot ? { counts } : { broken: `another, of ${records.length} records` };
}

/** Of a frame of an export (docs/reference/audit-export.md): a kind, and 3 stands for a record. */
function recordsIn(frame: Uint8Array): readonly Uint8Array[] {
  const [kind, content] = decodeCbor(frame) as [number, Uint8Array];
  return kind === 3 ? [content] : [];
}

function replayed(run: ControlledRun, site: string): Found {
  try {
    const { cycles, identical } = replayDecisions(exportRecords(exported(run, site)));
    return identical && cycles > 0 ? { counts: { cycles } } : { broken: `${cycles} cycles` };
  } catch (thrown) {
    return { broken: messageOf(thrown) };
  }
}

function exported(run: ControlledRun, site: string): Uint8Array {
  return concatBytes(...run.auditLog(site).export());
}
