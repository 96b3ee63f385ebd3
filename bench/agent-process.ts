import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@tieline/kernel';
import { serveSunSpec } from '@tieline/simulator';
import { type BenchSite, benchSite } from './bench-site.ts';
import { Child } from './child.ts';
import { type ControlSide, startControlSide } from './control-side.ts';
import { median } from './measure.ts';
import { writeAgentFiles } from './provision-agent.ts';
import type { Bench, Row, Setting } from './row.ts';

const AGENT = fileURLToPath(new URL('../edge-agent/src/main.ts', import.meta.url));
const STARTS = 5;
const MEMORY_AFTER_S = 60;
const MEMORY_AFTER_FULL_S = 600;
/** Nothing listens there. */
const NO_BROKER = 'mqtt://127.0.0.1:9';

/** The agent as its process, from source, on devices that speak Modbus TCP. */
export const agentProcessBench: Bench = {
  name: 'agent process',
  async run(setting) {
    const folder = mkdtempSync(join(tmpdir(), 'tieline-bench-agent-'));
    const site = benchSite(Date.now(), systemClock());
    const servers = await Promise.all(site.devices.models.map((model) => serveSunSpec(model)));
    const ports = servers.map((server) => server.port);
    const plant = setInterval(() => {
      site.devices.follow();
      site.plant.step(Date.now());
    }, 1_000);
    const start = await startRow(site, ports, folder);
    const control = await startControlSide(site);
    const memory = await memoryRow(site, ports, folder, control, setting);
    clearInterval(plant);
    await control.stop();
    for (const server of servers) await server.close();
    rmSync(folder, { recursive: true });
    return [memory, start];
  },
};

async function startRow(site: BenchSite, ports: readonly number[], folder: string): Promise<Row> {
  const [agentMs, bareMs]: [number[], number[]] = [[], []];
  for (let at = 0; at < STARTS; at += 1) {
    const agent = { config: writeAgentFiles(site, join(folder, `start-${at}`), ports, NO_BROKER) };
    agentMs.push(await startedIn([AGENT, '--config', agent.config], 'first_cycle'));
    bareMs.push(await startedIn(['--eval', 'process.stderr.write("up\\n")'], 'up'));
  }
  const [value, baselineValue] = [median(agentMs) / 1_000, median(bareMs) / 1_000];
  return {
    figure: 'one agent process, start to first cycle without network',
    unit: 's',
    value,
    best: Math.min(...agentMs) / 1_000,
    baseline: 'a bare Node process, start to first line',
    baselineValue,
    ratio: value / baselineValue,
    aim: '≤ 1.5 s',
  };
}

async function startedIn(args: readonly string[], word: string): Promise<number> {
  const startedMs = performance.now();
  const child = new Child(args);
  await child.says(word);
  const tookMs = performance.now() - startedMs;
  await child.end();
  return tookMs;
}

async function memoryRow(
  site: BenchSite,
  ports: readonly number[],
  folder: string,
  control: ControlSide,
  { full }: Setting,
): Promise<Row> {
  const afterS = full ? MEMORY_AFTER_FULL_S : MEMORY_AFTER_S;
  const config = writeAgentFiles(site, join(folder, 'memory'), ports, control.url, control.token);
  const agent = new Child([AGENT, '--config', config]);
  const bare = new Child(['--eval', 'setInterval(() => {}, 1_000)']);
  await agent.says('model_activated');
  await sleep(afterS * 1_000);
  const [value, baselineValue] = [agent.residentMb(), bare.residentMb()];
  await Promise.all([agent.end(), bare.end()]);
  return {
    figure: `one agent process, resident memory after ${afterS / 60} min`,
    unit: 'MB',
    value,
    baseline: 'a bare Node process of the same age',
    baselineValue,
    ratio: value / baselineValue,
    aim: '≤ 170 MB',
    note: 'from source; connected, its model running, four devices read and two written over Modbus TCP',
  };
}
