import { Counter, Gauge, Registry } from 'prom-client';
import type { ControlPlane } from '../../core/control-plane.ts';
import { COUNTED, type CounterName } from '../../core/counters.ts';
import type { AgentView } from '../../core/views.ts';

const PER_SITE: Readonly<
  Record<string, { readonly help: string; readonly of: (agent: AgentView) => number }>
> = {
  present: { help: '1 while the agent is heard', of: ({ link }) => Number(link === 'present') },
  quarantined: {
    help: '1 while it gets no commands',
    of: ({ quarantine }) => Number(quarantine !== null),
  },
  waiting_commands: { help: 'commands without a receipt', of: ({ waiting }) => waiting },
  audit_records: {
    help: 'audit records held and signed for',
    of: ({ auditReceipted }) => auditReceipted,
  },
  policy_version: {
    help: 'policy that the agent reports',
    of: ({ reported }) => reported?.policy ?? 0,
  },
};

export interface Metrics {
  readonly contentType: string;
  /** One scrape. */
  read(): Promise<string>;
}

/** Prometheus metrics of a control plane. Labels are sites of the configuration, kinds, states and codes: bounded. */
export function controlMetrics(plane: ControlPlane): Metrics {
  const registry = new Registry();
  for (const [name, label] of Object.entries(COUNTED) as [CounterName, string][]) {
    new Counter({
      name: `tieline_${name}_total`,
      help: `${name.replaceAll('_', ' ')}, by ${label}`,
      labelNames: [label],
      registers: [registry],
      collect() {
        this.reset();
        for (const [value, count] of plane.counters.of(name)) this.inc({ [label]: value }, count);
      },
    });
  }
  const perSite = Object.entries(PER_SITE).map(([name, { help, of }]) => {
    const gauge = new Gauge({
      name: `tieline_agent_${name}`,
      help,
      labelNames: ['site'],
      registers: [registry],
    });
    return (agent: AgentView) => gauge.set({ site: agent.site }, of(agent));
  });
  new Gauge({
    name: 'tieline_control_epoch',
    help: 'leadership term',
    registers: [registry],
    collect() {
      this.set(plane.epoch);
    },
  });
  return {
    contentType: registry.contentType,
    async read() {
      // Once for all of them: a view asks the stores.
      for (const agent of plane.agents()) for (const set of perSite) set(agent);
      return await registry.metrics();
    },
  };
}
