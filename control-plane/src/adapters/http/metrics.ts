import { Counter, Gauge, Registry } from 'prom-client';
import type { ControlPlane } from '../../core/control-plane.ts';
import { COUNTED, type CounterName } from '../../core/counters.ts';

/** Prometheus metrics of a control plane. Labels are sites of the configuration, kinds, states and codes: bounded. */
export function controlMetrics(plane: ControlPlane): Registry {
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
  const perSite = (
    name: string,
    help: string,
    of: (agent: ReturnType<ControlPlane['agents']>[number]) => number,
  ): void => {
    new Gauge({
      name: `tieline_agent_${name}`,
      help,
      labelNames: ['site'],
      registers: [registry],
      collect() {
        this.reset();
        for (const agent of plane.agents()) this.set({ site: agent.site }, of(agent));
      },
    });
  };
  perSite('present', '1 while the agent is heard', ({ link }) => (link === 'present' ? 1 : 0));
  perSite('quarantined', '1 while it gets no commands', ({ quarantine }) => (quarantine ? 1 : 0));
  perSite('waiting_commands', 'commands without a receipt', ({ waiting }) => waiting);
  perSite('audit_records', 'audit records held and signed for', (agent) => agent.auditReceipted);
  perSite(
    'policy_version',
    'policy that the agent reports',
    (agent) => agent.reported?.policy ?? 0,
  );
  new Gauge({
    name: 'tieline_control_epoch',
    help: 'leadership term',
    registers: [registry],
    collect() {
      this.set(plane.epoch);
    },
  });
  return registry;
}
