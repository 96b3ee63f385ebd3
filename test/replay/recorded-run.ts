import { AuditLog, openDatabase } from '@tieline/audit';
import { assert, concatBytes } from '@tieline/kernel';
import { type Action, KINDS, sealDocument } from '@tieline/protocol';
import { eveningPeak, VirtualRun } from '@tieline/simulator';

export const MINUTES = 10;
const START_MS = Date.UTC(2026, 2, 3, 18, 45);

/** A run of the whole deployment that is over, and what it left behind. */
export interface RecordedRun {
  readonly trustBytes: Uint8Array;
  /** Exports of the agents' logs, by site. */
  readonly exports: ReadonlyMap<string, Uint8Array>;
  readonly logs: ReadonlyMap<string, AuditLog>;
}

/**
 * Ten minutes of the evening peak: models arrive, agents shave by them, people order each battery about,
 * a limit falls, and one site's link is cut for a while.
 */
export async function recordRun(): Promise<RecordedRun> {
  const simulated = eveningPeak();
  const run = new VirtualRun({ simulated, seed: 1, startMs: START_MS, control: true });
  const sites = simulated.sites.map(({ plant }) => plant.site);
  const steps: readonly (() => void)[] = [
    () => order(run, 1, sites, [setpoint(-20, 120_000)]),
    () => order(run, 2, sites, [setpoint(30, 45_000)]),
    () => run.network.cut(sites[0] ?? ''),
    () => order(run, 3, sites.slice(1), [limit(100_000)]),
    () => run.network.restore(sites[0] ?? ''),
    () => order(run, 4, sites, [setpoint(5, 90_000)]),
  ];
  const stepMs = (MINUTES * 60_000) / (steps.length + 1);
  for (const step of steps) {
    await run.advance(stepMs);
    step();
  }
  await run.advance(stepMs);
  await run.stop();
  const { trust, trustBytes, agents } = run.provisioned;
  const { deployment } = simulated;
  const logs = new Map(
    [...run.disks].map(([site, disk]) => {
      const key = agents.get(site);
      assert(key !== undefined, 'a site has its key');
      // A copy: what the agent has left on its disk, opened by somebody else.
      const db = openDatabase(disk.db.serialize(), { synchronous: 'FULL' });
      return [
        site,
        new AuditLog({ db, identity: { anchor: trust.anchor, deployment, site }, key }),
      ];
    }),
  );
  const exports = new Map([...logs].map(([site, log]) => [site, concatBytes(...log.export())]));
  return { trustBytes, exports, logs };
}

function setpoint(activePowerKw: number, validForMs: number): Action {
  return {
    type: 'setpoint',
    asset: 'battery',
    activePowerKw,
    rampKwPerS: 10,
    rampOutKwPerS: 10,
    startWithinMs: 5_000,
    validForMs,
    revert: { to: 'local' },
    priority: 5,
  };
}

function limit(validForMs: number): Action {
  const bounds = { importMaxKw: 120, exportMaxKw: 50 };
  return { type: 'limit', point: 'meter', ...bounds, startWithinMs: 0, validForMs };
}

/** People at every site: an order signed by the operator, through the control plane. */
function order(run: VirtualRun, id: number, sites: readonly string[], actions: Action[]): void {
  const { trust, operator } = run.provisioned;
  const nowS = Math.floor(run.world.wallMs() / 1_000);
  const body = {
    id: new Uint8Array(16).fill(id),
    class: 'routine' as const,
    targets: sites.map((site) => ({ site, actions, assumes: {} })),
    reason: 'a recorded run',
    policyVersionMin: 1,
  };
  const claims = { iat: nowS, nbf: nowS, exp: nowS + 300 };
  run.control?.submitOrder(sealDocument(KINDS.order, body, trust.anchor, [operator], claims));
}
