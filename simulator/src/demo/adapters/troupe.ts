import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LinkProxy, startLinkProxy } from '@tieline/bus';
import {
  type Clock,
  type Rng,
  type SimulatedTime,
  silentLogger,
  simulatedClock,
} from '@tieline/kernel';
import { openKeyFile } from '@tieline/protocol';
import { z } from 'zod';
import type { SimulatedFeeder } from '../../deployment/evening-peak.ts';
import { DevicesReady, PlantReport } from '../../live/plant-report.ts';
import { Child } from './child.ts';
import {
  type DeploymentFiles,
  INTRUDER_CLIENT,
  OPERATOR_PASSPHRASE,
  writeAgentConfiguration,
  writeControlConfiguration,
} from './deployment-files.ts';
import { Intruder } from './intruder.ts';
import { Operator } from './operator.ts';

const LOGS_KEPT = 200;

const ControlReady = z.looseObject({
  ready: z.literal(true),
  http: z.string(),
  broker: z.string(),
});

/** Everybody on the stage: the processes, the links between them, the operator and the intruder. */
export interface Troupe {
  readonly clock: Clock;
  readonly operator: Operator;
  readonly intruder: Intruder;
  /** The agents' links to the broker, by site. */
  readonly links: ReadonlyMap<string, LinkProxy>;
  plant(): PlantReport | null;
  /** Set where a process ended by itself: the story cannot go on. */
  failure(): string | null;
  stopAgents(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a control plane, a simulator and an agent per site, each a process of its own. */
export async function gather(
  files: DeploymentFiles,
  simulated: SimulatedFeeder,
  time: SimulatedTime,
  seed: number,
  rng: Rng,
): Promise<Troupe> {
  let plant: PlantReport | null = null;
  let failure: string | null = null;
  const logs: string[] = [];
  const children: Child[] = [];
  const start = (
    name: string,
    main: string,
    args: readonly string[],
    ready: { readonly saysReady: boolean; onLine?(line: string): void },
  ): Child => {
    const child = new Child({
      name,
      main,
      args,
      ...ready,
      onLog: (line) => {
        logs.push(line);
        logs.splice(0, logs.length - LOGS_KEPT);
      },
      onFailure: (sentence) => {
        failure ??= [sentence, ...logs.slice(-5)].join('\n  ');
      },
    });
    children.push(child);
    return child;
  };

  const control = start(
    'control plane',
    '../../../../control-plane/src/main.ts',
    ['--config', writeControlConfiguration(files, simulated, time)],
    { saysReady: true },
  );
  const simulator = start(
    'simulator',
    '../../live/main.ts',
    [
      ...['--seed', String(seed), '--rate', String(time.rate)],
      ...['--real-origin-ms', String(time.realOriginMs)],
      ...['--simulated-origin-ms', String(time.simulatedOriginMs)],
    ],
    {
      saysReady: true,
      onLine: (line) => {
        plant = PlantReport.parse(JSON.parse(line));
      },
    },
  );
  const { http, broker } = ControlReady.parse(await control.ready());
  const { ports } = DevicesReady.parse(await simulator.ready());
  const brokerAt = { host: '127.0.0.1', port: Number(new URL(broker).port) };
  const links = new Map<string, LinkProxy>();
  const agents: Child[] = [];
  for (const site of simulated.sites) {
    const name = site.plant.site;
    const link = await startLinkProxy(brokerAt);
    links.set(name, link);
    const configuration = writeAgentConfiguration(files, simulated, site, {
      clock: time,
      brokerUrl: `mqtt://127.0.0.1:${link.port}`,
      ports: ports[name] ?? {},
    });
    const args = ['--config', configuration];
    agents.push(
      start(`agent ${name}`, '../../../../edge-agent/src/main.ts', args, { saysReady: false }),
    );
  }
  const clock = simulatedClock(time);
  const { directory, provisioned, tokens } = files;
  const operator = new Operator({
    url: http,
    token: readFileSync(join(directory, 'control-plane', 'api-token'), 'utf8').trim(),
    key: openKeyFile(
      readFileSync(join(directory, 'operator.key.json'), 'utf8'),
      OPERATOR_PASSPHRASE,
    ),
    trust: provisioned.trust,
    clock,
    ids: rng.stream('order-id'),
  });
  const intruder = new Intruder({
    url: broker,
    clientId: INTRUDER_CLIENT,
    token: tokens.get(INTRUDER_CLIENT) ?? '',
    deployment: simulated.deployment,
    rng,
    logger: silentLogger,
  });
  const stopAgents = async (): Promise<void> => {
    await Promise.all(agents.map((agent) => agent.stop()));
  };
  return {
    clock,
    operator,
    intruder,
    links,
    plant: () => plant,
    failure: () => failure,
    stopAgents,
    async stop() {
      await stopAgents();
      await intruder.stop();
      await Promise.all([...links.values()].map((link) => link.close()));
      await Promise.all(children.map((child) => child.stop()));
    },
  };
}
