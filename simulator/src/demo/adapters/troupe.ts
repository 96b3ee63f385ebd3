import type { LinkProxy } from '@tieline/bus';
import type { Clock, Rng, SimulatedTime } from '@tieline/kernel';
import { messageOf, simulatedClock } from '@tieline/kernel';
import { Intruder } from '../../deployment/intruder.ts';
import type { SimulatedFeeder } from '../../deployment/simulated-site.ts';
import type { DeploymentFiles } from '../../live/adapters/deployment-files.ts';
import { LiveDeployment } from '../../live/adapters/live-deployment.ts';
import type { Operator } from '../../live/adapters/operator.ts';
import { LivePlant } from '../../live/live-plant.ts';
import { endWords } from '../../scenario/end-words.ts';
import { type PlantReport, plantReport } from '../plant-report.ts';
import type { Troupe } from '../story.ts';

/** Everybody on the stage: the processes, the links between them, the plant, the operator and the intruder. */
export interface LiveTroupe extends Troupe {
  readonly clock: Clock;
  readonly operator: Operator;
  /** For `tieline --context`, beside the story. */
  readonly contextFile: string;
  readonly links: ReadonlyMap<string, LinkProxy>;
  plant(): PlantReport;
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

/** Starts a control plane and an agent per site, each a process of its own, against a plant that runs here. */
export async function gather({ seed, ...gathering }: Gathering): Promise<LiveTroupe> {
  const clock = simulatedClock(gathering.time);
  const standing = { seed, startMs: clock.wallMs() };
  const live = await LivePlant.listening(gathering.simulated, standing, clock);
  const stop = new AbortController();
  let broken: string | null = null;
  const running = live.run(stop.signal).catch((thrown: unknown) => {
    broken = `the plant: ${String(thrown)}`;
  });
  const endPlant = async (): Promise<void> => {
    stop.abort();
    await running;
    await live.close();
  };
  try {
    const deployment = await LiveDeployment.linked({ ...gathering, devices: live.places });
    const operator = await started(deployment);
    const intruder = new Intruder(gathering.simulated.deployment, deployment.intruderBus());
    return {
      ...{ clock, operator, intruder },
      contextFile: deployment.contextFile,
      links: deployment.links,
      plant: () => plantReport(live.plant, live.trace),
      quarters: live.trace.quarters,
      failure: () => broken ?? endOf(deployment),
      async stop() {
        await intruder.stop();
        await deployment.stop();
        await endPlant();
      },
    };
  } catch (thrown) {
    await endPlant();
    throw thrown;
  }
}

async function started(deployment: LiveDeployment): Promise<Operator> {
  try {
    return await deployment.start();
  } catch (thrown) {
    await deployment.stop();
    throw new Error(endOf(deployment) ?? messageOf(thrown), { cause: thrown });
  }
}

/** Which process ended, and what it said last; null while all run. */
function endOf({ ended }: LiveDeployment): string | null {
  return ended === null ? null : [endWords(ended), ...ended.log].join('\n  ');
}
