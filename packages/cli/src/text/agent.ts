import type { Agent } from '../http/answers.ts';
import { duration, instant } from './humane.ts';
import { type Column, type Row, SEVERITY } from './layout.ts';

export const AGENT_COLUMNS: readonly Column[] = [
  { header: 'SITE' },
  { header: 'LINK' },
  { header: 'HEARD' },
  { header: 'MODE' },
  { header: 'CLOCK' },
  { header: 'MODEL' },
  { header: 'POLICY', align: 'right' },
  { header: 'AUDIT NOT RECEIPTED', align: 'right' },
  { header: 'WAITING', align: 'right' },
];

/** Agents as rows, those that need somebody first. */
export function agentRows(agents: readonly Agent[], nowMs: number): readonly Row[] {
  return agents
    .map((agent) => agentRow(agent, nowMs))
    .toSorted((a, b) => SEVERITY[b.tone] - SEVERITY[a.tone]);
}

function agentRow(
  agent: Agent,
  nowMs: number,
): Row & { readonly tone: 'normal' | 'warning' | 'alarm' } {
  const { site, heardWallMs, reported, auditReceipted, waiting } = agent;
  return {
    cells: [
      site,
      linkInWords(agent),
      heardWallMs === null ? 'never' : ago(heardWallMs, nowMs),
      reported?.mode ?? '–',
      reported?.clock ?? '–',
      modelName(reported?.model ?? null),
      reported === null ? '–' : `${reported.policy}`,
      reported === null ? '–' : `${Math.max(0, reported.audit.size - auditReceipted)}`,
      `${waiting}`,
    ],
    tone: toneOfAgent(agent),
  };
}

/** `lost since 2025-06-01T14:02:31Z`; a quarantine is told before anything else. */
export function linkInWords({ link, sinceWallMs, quarantine }: Agent): string {
  if (quarantine !== null) return `quarantined: ${quarantine.code.replaceAll('_', ' ')}`;
  if (link === 'present') return 'present';
  return link === 'lost' ? `lost since ${instant(sinceWallMs)}` : 'never heard';
}

export function toneOfAgent({ link, quarantine, reported }: Agent): 'normal' | 'warning' | 'alarm' {
  if (quarantine !== null || link === 'lost') return 'alarm';
  if (link === 'unheard' || reported === null) return 'warning';
  return reported.clock === 'untrusted' || reported.control === 'silent' ? 'warning' : 'normal';
}

/** The first twelve digits name a model well enough in a table. */
export function modelName(digest: string | null): string {
  return digest === null ? 'none (rule)' : digest.replace(/^sha256:/, '').slice(0, 12);
}

export function ago(wallMs: number, nowMs: number): string {
  return `${duration(Math.max(0, nowMs - wallMs))} ago`;
}
