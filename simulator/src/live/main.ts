import { parseArgs } from 'node:util';
import { every, messageOf, simulatedClock } from '@tieline/kernel';
import { eveningPeak } from '../deployment/evening-peak.ts';
import { type SunSpecServer, serveSunSpec } from '../devices/adapters/sunspec-server.ts';
import { siteDevices } from '../devices/site-devices.ts';
import { Plant } from '../plant/plant.ts';
import { Trace } from '../virtual/trace.ts';
import type { DevicesReady, PlantReport } from './plant-report.ts';

/** The plant moves once a simulated second. */
const STEP_MS = 1_000;
const REPORT_EVERY_STEPS = 10;

/**
 * The plant and its devices in a process of their own: SunSpec over Modbus TCP towards the agents, one JSON
 * line now and then towards whoever started it. Ends with its standard input.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      rate: { type: 'string', default: '1' },
      'real-origin-ms': { type: 'string' },
      'simulated-origin-ms': { type: 'string' },
    },
  });
  const clock = simulatedClock({
    rate: number('rate', values.rate),
    realOriginMs: number('real-origin-ms', values['real-origin-ms']),
    simulatedOriginMs: number('simulated-origin-ms', values['simulated-origin-ms']),
  });
  const simulated = eveningPeak();
  const plant = new Plant({
    feeder: simulated.feeder,
    sites: simulated.sites.map((site) => site.plant),
    seed: number('seed', values.seed),
    startMs: clock.wallMs(),
  });
  const sites = simulated.sites.map((site) => ({
    site: site.plant.site,
    devices: siteDevices(plant.sites.get(site.plant.site)!, site.ratings, clock),
  }));
  const servers: SunSpecServer[] = [];
  const ports: Record<string, Record<string, number>> = {};
  for (const { site, devices } of sites) {
    const own: Record<string, number> = {};
    for (const model of devices.models) {
      const server = await serveSunSpec(model);
      servers.push(server);
      own[model.ratings.asset] = server.port;
    }
    ports[site] = own;
  }
  say({ ready: true, ports } satisfies DevicesReady);
  const stop = new AbortController();
  process.stdin.on('end', () => stop.abort()).resume();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  const trace = new Trace();
  await every(clock, STEP_MS, stop.signal, () => {
    for (const { devices } of sites) devices.follow();
    plant.step(clock.wallMs());
    trace.add(plant.nowMs, plant);
    if (trace.steps % REPORT_EVERY_STEPS === 0) say(report(plant, trace));
  });
  await Promise.all(servers.map((server) => server.close()));
}

function report(plant: Plant, trace: Trace): PlantReport {
  return {
    tMs: plant.nowMs,
    importKw: plant.feeder.importKw,
    minVoltage: plant.feeder.minVoltage,
    peakImportKw: trace.peakImportKw,
    lastQuarter: lastOf(trace.quarters),
    lowestVoltagePu: trace.minVoltagePu,
    sites: [...plant.sites.values()].map((site) => ({
      site: site.site,
      loadKw: site.loadKw,
      pvKw: site.pvKw,
      batteryKw: site.batteryKw,
      // Every site of the evening peak has a battery.
      stateOfCharge: site.battery!.stateOfCharge,
      importKw: site.importKw,
      quarterHourKw: trace.siteRunningKw(site.site),
      voltagePu: site.voltagePu,
    })),
  };
}

function lastOf(quarters: Trace['quarters']): PlantReport['lastQuarter'] {
  const last = [...quarters].at(-1);
  return last === undefined ? null : { startMs: last[0], importKw: last[1] };
}

function say(line: DevicesReady | PlantReport): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function number(name: string, text: string | undefined): number {
  const value = Number(text);
  if (text === undefined || !Number.isFinite(value)) {
    throw new TypeError(`--${name}: a number is needed, got '${text ?? 'nothing'}'`);
  }
  return value;
}

try {
  await main();
} catch (thrown) {
  process.stderr.write(`✗ simulator: ${messageOf(thrown)}\n`);
  process.exitCode = thrown instanceof TypeError ? 2 : 1;
}
