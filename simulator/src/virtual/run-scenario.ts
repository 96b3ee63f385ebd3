import { createHash } from 'node:crypto';
import { AuditLog } from '@tieline/audit';
import { DAY_MS, HOUR_MS, toHex } from '@tieline/kernel';
import { eveningPeak } from '../deployment/evening-peak.ts';
import { VirtualRun } from './virtual-run.ts';

export interface ScenarioOptions {
  /** Any integer; the same seed gives the same report, to the byte. */
  readonly seed: number;
  /** How much virtual time passes, ms. */
  readonly durationMs: number;
  /** Called after each virtual hour with the part that is done, 0 to 1. */
  onProgress?(done: number): void;
}

/** What a run on virtual time measured. All powers kW; means are over whole quarter hours. */
export interface RunReport {
  readonly schema: 'tieline.run/1';
  readonly scenario: string;
  readonly seed: number;
  readonly durationS: number;
  readonly agents: number;
  /** SHA-256 over every step of the plant and the root of every agent's audit log. */
  readonly trace: string;
  readonly peakImportKw: { readonly withControl: number; readonly withoutControl: number };
  /** Highest quarter-hour mean by site, and the limit that its agent holds it under. */
  readonly sites: readonly {
    readonly site: string;
    readonly limitKw: number;
    readonly withControlKw: number;
    readonly withoutControlKw: number;
  }[];
  readonly minVoltagePu: number;
  readonly audit: { readonly records: number; readonly receipted: number };
}

/** A day begins at midnight; a shorter run at this hour, so that it meets the evening. */
const EVENING_HOUR = 17;
const DAY = Date.UTC(2026, 2, 3);

/** Runs the evening-peak scenario: production agents and control plane, a cycle every virtual second. */
export async function runScenario(options: ScenarioOptions): Promise<RunReport> {
  const { seed, durationMs, onProgress } = options;
  const simulated = eveningPeak();
  const startMs = durationMs >= DAY_MS ? DAY : DAY + EVENING_HOUR * HOUR_MS;
  const run = new VirtualRun({ simulated, seed, startMs, control: true });
  for (let passedMs = 0; passedMs < durationMs; passedMs += HOUR_MS) {
    await run.advance(Math.min(HOUR_MS, durationMs - passedMs));
    onProgress?.(Math.min(1, (passedMs + HOUR_MS) / durationMs));
  }
  await run.stop();
  const idle = new VirtualRun({ simulated, seed, startMs, control: false });
  await idle.advance(durationMs);
  await idle.stop();

  const heads = auditHeads(run);
  const before = idle.trace.sitePeaksKw();
  const after = run.trace.sitePeaksKw();
  return {
    schema: 'tieline.run/1',
    scenario: simulated.deployment,
    seed,
    durationS: durationMs / 1_000,
    agents: simulated.sites.length,
    trace: digestOf([run.trace.digest(), ...heads.map(({ root }) => toHex(root))]),
    peakImportKw: {
      withControl: run.trace.peakImportKw,
      withoutControl: idle.trace.peakImportKw,
    },
    sites: simulated.sites.map(({ plant: { site }, policy }) => ({
      site,
      limitKw: policy.quarterHourImportMaxKw,
      withControlKw: after[site] ?? Number.NaN,
      withoutControlKw: before[site] ?? Number.NaN,
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
