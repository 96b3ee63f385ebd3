import { EXIT } from '../exit.ts';
import { AgentDetail } from '../http/answers.ts';
import { ControlPlane } from '../http/control-plane.ts';
import type { agentGet } from '../table/agent.ts';
import type { Verb } from '../table/spec.ts';
import { ago, linkInWords, toneOfAgent } from '../text/agent.ts';
import { instant } from '../text/humane.ts';
import { layoutFacts, layoutTable } from '../text/layout.ts';
import { paint } from '../text/paint.ts';
import { printJson } from '../text/print.ts';

const STALE_MS = 30_000;

export const run: Verb<typeof agentGet> = async ({ operands, global, world }) => {
  const control = await ControlPlane.open(world, global);
  const agent = await control.get(`/v1/agents/${encodeURIComponent(operands.site)}`, AgentDetail);
  if (global.json) {
    printJson(world, { schema: 'tieline.agent/1', ...agent });
    return EXIT.ok;
  }
  const { colour } = world.stdout;
  const nowMs = await control.wallMs();
  const tone = toneOfAgent(agent);
  world.stdout.write(
    paint(`${agent.site}: ${linkInWords(agent)}\n`, tone === 'normal' ? 'strong' : tone, colour),
  );
  world.stdout.write(layoutFacts(factsOf(agent, nowMs), colour));
  const rows = agent.measurements.map(({ asset, quantity, value, wallMs }) => ({
    cells: [asset, quantity, `${Number(value.toPrecision(6))}`, ago(wallMs, nowMs)],
    tone: nowMs - wallMs > STALE_MS ? ('warning' as const) : ('normal' as const),
  }));
  if (rows.length > 0) {
    const columns = [
      { header: 'ASSET' },
      { header: 'QUANTITY' },
      { header: 'VALUE', align: 'right' as const },
      { header: 'MEASURED' },
    ];
    world.stdout.write(`\n${layoutTable(columns, rows, colour)}`);
  }
  return EXIT.ok;
};

type Detail = ReturnType<typeof AgentDetail.parse>;

function factsOf(agent: Detail, nowMs: number): readonly (readonly [string, string])[] {
  const { reported, sess, boot, bornWallMs, heardWallMs } = agent;
  const facts: [string, string][] = [
    ['heard', heardWallMs === null ? 'never' : ago(heardWallMs, nowMs)],
    [
      'session',
      sess === null ? 'none' : `${sess}, boot ${boot ?? '–'}, since ${bornAt(bornWallMs)}`,
    ],
    ['software', agent.software ?? '–'],
    ['waiting', `${agent.waiting} commands without a receipt`],
  ];
  if (agent.quarantine !== null) {
    facts.push(['quarantine', JSON.stringify(agent.quarantine.facts)]);
  }
  if (reported === null) return facts;
  const { buffered, refused } = reported;
  facts.push(
    ['mode', `${reported.mode ?? '–'}, clock ${reported.clock}`],
    ['model', reported.model ?? 'none: the rule runs'],
    ['versions', `trust ${reported.trust}, policy ${reported.policy}`],
    ['audit', `${reported.audit.size} records, ${agent.auditReceipted} receipted`],
  );
  if (buffered !== null) {
    const { receipts, auditRecords, telemetryPoints } = buffered;
    facts.push([
      'buffered',
      `${receipts} receipts, ${auditRecords} audit records, ${telemetryPoints} telemetry points`,
    ]);
  }
  const codes = Object.entries(refused).map(([code, count]) => `${code} ${count}`);
  if (codes.length > 0) facts.push(['refused', codes.join(', ')]);
  return facts;
}

function bornAt(wallMs: number | null): string {
  return wallMs === null ? '(its birth was not heard)' : instant(wallMs);
}
