import { createHash } from 'node:crypto';
import { AuditLog } from '@tieline/audit';
import { DAY_MS, HOUR_MS, QUARTER_HOUR_MS, toHex } from '@tieline/kernel';
import { eveningPeak } from '../deployment/evening-peak.ts';
import { VirtualRun } from './virtual-run.ts';

export interface ScenarioOptions {
  /** Any integer; the same seed gives the same report, to the byte. */
  readonly seed: number;
  /** How much virtual time passes, ms. */
  readonly durationMs: number;
  /** Called after each stretch of virtual time with the part that is done, 0 to 1; what it throws ends the run. */
  onProgress?(done: number): void;
}

/** Highest quarter-hour mean import, kW; null where the run holds no whole quarter hour. */
interface Peaks {
  readonly withControl: number | null;
  readonly withoutControl: number | null;
}

/** What a run on virtual time measured. */
export interface RunReport {
  readonly schema: 'tieline.run/1';
  readonly scenario: string;
  readonly seed: number;
  /** Unix time at which the scenario begins, ms. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly agents: number;
  /** SHA-256 over every step of the plant and the root of every agent's audit log. */
  readonly trace: string;
  /** Of the whole feeder. */
  readonly peakImportKw: Peaks;
  /** By site, with the limit that its agent holds it under. */
  readonly sites: readonly {
    readonly site: string;
    readonly limitKw: number;
    readonly peakImportKw: Peaks;
  }[];
  readonly minVoltagePu: number;
  readonly audit: { readonly records: number; readonly receipted: number };
}

/** A day begins at midnight; a shorter run at this hour, so that it meets the evening. */
const EVENING_HOUR = 18;
const DAY = Date.UTC(2026, 2, 3);
/** Between two words about progress. */
const STRETCH_MS = QUARTER_HOUR_MS;

/**
 * Runs the evening-peak scenario twice: production agents and control plane, a cycle every virtual second;
 * and the same plant with nobody at the batteries, to compare.
 */
export async function runScenario(options: ScenarioOptions): Promise<RunReport> {
  const { seed, durationMs, onProgress } = options;
  const simulated = eveningPeak();
  const startMs = durationMs >= DAY_MS ? DAY : DAY + EVENING_HOUR * HOUR_MS;
  const pass = async (control: boolean, doneBefore: number): Promise<VirtualRun> => {
    const run = new VirtualRun({ simulated, seed, startMs, control });
    try {
      for (let passedMs = 0; passedMs < durationMs; ) {
        const stretchMs = Math.min(STRETCH_MS, durationMs - passedMs);
        await run.advance(stretchMs);
        passedMs += stretchMs;
        onProgress?.(doneBefore + passedMs / durationMs / 2);
      }
    } finally {
      await run.stop();
    }
    return run;
  };
  const idle = await pass(false, 0);
  const run = await pass(true, 0.5);

  const heads = auditHeads(run);
  return {
    schema: 'tieline.run/1',
    scenario: simulated.deployment,
    seed,
    startMs,
    durationMs,
    agents: simulated.sites.length,
    trace: digestOf([run.trace.digest(), ...heads.map(({ root }) => toHex(root))]),
    peakImportKw: {
      withControl: run.trace.peakImportKw,
      withoutControl: idle.trace.peakImportKw,
    },
    sites: simulated.sites.map(({ plant: { site }, policy }) => ({
      site,
      limitKw: policy.quarterHourImportMaxKw,
      peakImportKw: {
        withControl: run.trace.sitePeakKw(site),
        withoutControl: idle.trace.sitePeakKw(site),
      },
    })),
    minVoltagePu: run.trace.minVoltagePu,
    audit: {
      records: heads.reduce((sum, head) => sum + head.size, 0),
      receipted: heads.reduce((sum, head) => sum + head.receipted, 0),
    },
  };
}

function auditHeads(run: VirtualRun) {
  const { trust, agents } = run.provisioned;
  return [...run.databases].map(([site, db]) => {
    const identity = { anchor: trust.anchor, deployment: trust.document.deployment, site };
    const log = new AuditLog({ db, identity, key: agents.get(site)! });
    return { size: log.size, root: log.root(), receipted: log.receiptedSize };
  });
}

function digestOf(parts: readonly string[]): string {
  return `sha256:${createHash('sha256').update(parts.join('\n')).digest('hex')}`;
}
