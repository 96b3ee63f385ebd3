import { embeddedFeeder, type Feeder } from '@tieline/grid';
import { Plant, type SimulatedFeeder, simulatedSite, VirtualRun } from '@tieline/simulator';
import { median } from './measure.ts';
import { radialFeeder } from './radial-feeder.ts';
import type { Bench, Row } from './row.ts';

/*
 * What one more agent and one more bus cost, and whether the hundredth costs more than the third. Processor time, so that
 * other work on the machine is not counted; the ratios are of one run.
 */

const AGENTS = [3, 12, 50, 200] as const;
const BUSES = [33, 300, 1_000] as const;
/** Agents times simulated seconds in one round: as much work for few as for many. */
const AGENT_SECONDS = 6_000;
const PLANT_BUS_STEPS = 600_000;
const ROUNDS = 3;
const SEED = 1;
const START_MS = Date.UTC(2026, 2, 3, 18);
/** Births, policies and models are over by then, and the code is warm. */
const SETTLED_MS = 60_000;

export const capacityBench: Bench = {
  name: 'capacity',
  async run() {
    const perAgent: number[] = [];
    for (const agents of AGENTS) perAgent.push(await agentCostUs(agents));
    const perBus = BUSES.map(busCostUs);
    return [
      ...AGENTS.map((agents, at) =>
        row(`agent's second, ${agents} agents and the control plane on 33 buses`, perAgent, at),
      ),
      ...BUSES.map((buses, at) =>
        row(
          `bus's second, plant of ${buses.toLocaleString('en')} buses without agents`,
          perBus,
          at,
        ),
      ),
    ];
  },
};

function row(figure: string, costsUs: readonly number[], at: number): Row {
  const [value = Number.NaN, baselineValue = Number.NaN] = [costsUs[at], costsUs[0]];
  const ratio = value / baselineValue;
  const baseline = 'the smallest of them';
  return { figure, unit: 'µs', value, baseline, baselineValue, ratio, aim: '≤ 1.5 ×' };
}

/** Processor time of a whole deployment, by agent and simulated second, µs. */
async function agentCostUs(agents: number): Promise<number> {
  const simulated = homes(agents);
  using run = new VirtualRun({ simulated, seed: SEED, startMs: START_MS, control: true });
  await run.advance(SETTLED_MS);
  const seconds = AGENT_SECONDS / agents;
  const costs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    globalThis.gc?.();
    const before = process.cpuUsage();
    await run.advance(seconds * 1_000);
    costs.push(spentUs(before) / AGENT_SECONDS);
  }
  await run.stop();
  return median(costs);
}

/** Processor time of the plant alone, by bus and simulated second, µs. */
function busCostUs(buses: number): number {
  const feeder = buses === 33 ? embeddedFeeder('baran-wu-33') : radialFeeder(buses, SEED);
  const plant = new Plant({ feeder, sites: [], seed: SEED, startMs: START_MS });
  const steps = PLANT_BUS_STEPS / buses;
  const costs: number[] = [];
  let nowMs = START_MS;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    for (let step = 0; step < steps; step += 1) {
      nowMs += 1_000;
      plant.step(nowMs);
    }
    costs.push(spentUs(before) / (steps * buses));
  }
  return median(costs);
}

function spentUs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** So many homes with batteries, spread over the buses; all together as large as few. */
function homes(count: number): SimulatedFeeder {
  const feeder: Feeder = embeddedFeeder('baran-wu-33');
  const buses = feeder.buses.filter(({ loadKw = 0 }) => loadKw > 0);
  const part = (kw: number): number => kw / count;
  const sites = Array.from({ length: count }, (_, k) =>
    simulatedSite({
      site: `home-${k + 1}`,
      bus: buses[k % buses.length]?.id ?? '',
      loadPeakKw: part(2_400),
      pvPeakKw: part(600),
      battery: {
        ...{ powerKw: part(1_000), energyKwh: part(2_000) },
        ...{ stateOfCharge: 0.7, efficiency: 0.96 },
      },
      quarterHourImportMaxKw: part(1_800),
      policy: {},
    }),
  );
  return { deployment: 'capacity', feeder, sites };
}
