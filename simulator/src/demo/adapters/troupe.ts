import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LinkProxy, mqttBus, startLinkProxy } from '@tieline/bus';
import {
  type Clock,
  type Rng,
  type SimulatedTime,
  silentLogger,
  simulatedClock,
} from '@tieline/kernel';
import { openKeyFile } from '@tieline/protocol';
import { z } from 'zod';
import { Intruder } from '../../deployment/intruder.ts';
import type { SimulatedFeeder } from '../../deployment/simulated-site.ts';
import { DevicesReady, PlantReport } from '../../live/plant-report.ts';
import type { Troupe } from '../story.ts';
import {
  type DeploymentFiles,
  INTRUDER_CLIENT,
  OPERATOR_PASSPHRASE,
  writeAgentConfiguration,
  writeContext,
  writeControlConfiguration,
} from './deployment-files.ts';
import { Operator } from './operator.ts';
import { ProcessGroup } from './process-group.ts';

const ControlReady = z.looseObject({
  ready: z.literal(true),
  http: z.string(),
  broker: z.string(),
});

/** Everybody on the stage: the processes, the links between them, the operator and the intruder. */
export interface LiveTroupe extends Troupe {
  readonly clock: Clock;
  readonly operator: Operator;
  /** For `tieline --context`, beside the story. */
  readonly contextFile: string;
  plant(): PlantReport | null;
  /** Mean import of the feeder, kW, by the Unix ms at which a whole quarter hour began. */
  readonly quarters: ReadonlyMap<number, number>;
  stop(): Promise<void>;
}

export interface Gathering {
  readonly files: DeploymentFiles;
  readonly simulated: SimulatedFeeder;
  readonly time: SimulatedTime;
  readonly seed: number;
  readonly rng: Rng;
}

/** Starts a control plane, a simulator and an agent per site, each a process of its own. */
export async function gather(gathering: Gathering): Promise<LiveTroupe> {
  const group = new ProcessGroup();
  const links = new Map<string, LinkProxy>();
  const endAll = async (): Promise<void> => {
    await group.stop();
    await Promise.all([...links.values()].map((link) => link.close()));
  };
  try {
    const { files, time, rng } = gathering;
    const { http, broker } = await startControl(group, gathering);
    const simulator = await startSimulator(group, gathering);
    await startAgents(group, links, gathering, broker, simulator.ports);
    const intruder = meetIntruder(broker, gathering);
    return {
      clock: simulatedClock(time),
      contextFile: writeContext(files, http, time),
      operator: seatOperator(http, files, time, rng),
      intruder,
      links,
      plant: simulator.report,
      quarters: simulator.quarters,
      failure: () => group.failure,
      async stop() {
        await intruder.stop();
        await endAll();
      },
    };
  } catch (thrown) {
    await endAll();
    throw thrown;
  }
}

async function startControl(group: ProcessGroup, { files, simulated, time }: Gathering) {
  const args = ['--config', writeControlConfiguration(files, simulated, time)];
  const main = '../../../../control-plane/src/main.ts';
  return ControlReady.parse(
    await group.start('control plane', main, args, { ready: true }).ready(),
  );
}

async function startSimulator(group: ProcessGroup, { time, seed }: Gathering) {
  let report: PlantReport | null = null;
  const quarters = new Map<number, number>();
  const args = [
    ...['--seed', String(seed), '--rate', String(time.rate)],
    ...['--real-origin-ms', String(time.realOriginMs)],
    ...['--simulated-origin-ms', String(time.simulatedOriginMs)],
  ];
  const onLine = (line: string): void => {
    report = PlantReport.parse(JSON.parse(line));
    const { lastQuarter } = report;
    if (lastQuarter !== null) quarters.set(lastQuarter.startMs, lastQuarter.importKw);
  };
  const simulator = group.start('simulator', '../../live/main.ts', args, { ready: true, onLine });
  const { ports } = DevicesReady.parse(await simulator.ready());
  return { ports, quarters, report: () => report };
}

/** Each agent reaches the broker over a link of its own, which can be cut. */
async function startAgents(
  group: ProcessGroup,
  links: Map<string, LinkProxy>,
  { files, simulated, time }: Gathering,
  broker: string,
  ports: DevicesReady['ports'],
): Promise<void> {
  const brokerAt = { host: '127.0.0.1', port: Number(new URL(broker).port) };
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
    group.start(`agent ${name}`, '../../../../edge-agent/src/main.ts', args, { ready: false });
  }
}

function seatOperator(
  url: string,
  files: DeploymentFiles,
  time: SimulatedTime,
  rng: Rng,
): Operator {
  const { directory, provisioned } = files;
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8');
  return new Operator({
    url,
    token: read('control-plane/api-token').trim(),
    key: openKeyFile(read('operator.key.json'), OPERATOR_PASSPHRASE),
    trust: provisioned.trust,
    clock: simulatedClock(time),
    ids: rng.stream('order-id'),
  });
}

function meetIntruder(url: string, { files, simulated, rng }: Gathering): Intruder {
  const token = files.tokens.get(INTRUDER_CLIENT) ?? '';
  const { deployment } = simulated;
  const bus = mqttBus({ url, clientId: INTRUDER_CLIENT, token, rng, logger: silentLogger });
  return new Intruder(deployment, bus);
}
