#!/usr/bin/env node
import './adapters/small-heap.ts';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AuditError, AuditLog, lockDirectory, openDatabase } from '@tieline/audit';
import { mqttBus } from '@tieline/bus';
import { workerInference } from '@tieline/inference';
import {
  describeFailure,
  messageOf,
  pinoLogger,
  simulatedClock,
  systemClock,
  systemRng,
  TielineError,
} from '@tieline/kernel';
import {
  ConfigurationError,
  type Provisioned,
  readConfiguration,
} from './adapters/configuration.ts';
import { modbusDevices } from './adapters/modbus/modbus-devices.ts';
import { replayFile } from './adapters/replay-file.ts';
import { joinSimulation } from './adapters/simulation.ts';
import { sqliteStore } from './adapters/sqlite-store.ts';
import { watchSuspension } from './adapters/suspension.ts';
import { EdgeAgent } from './core/agent.ts';

/** Names the release that runs, in births and in the audit log. */
const SOFTWARE = 'tieline-edge-agent 0.1.0';
/** A run of a model that takes longer than this has missed its cycle, real ms. */
const INFERENCE_DEADLINE_MS = 200;

const USAGE = `usage: edge-agent --config FILE     run the agent of one site
       edge-agent replay FILE       decide again over an exported audit log, and compare
`;

/**
 * Runs one agent until SIGTERM or SIGINT. Exit codes: 0 stopped; 1 failed, another agent holds the data
 * directory, or the machine was suspended; 2 usage or configuration.
 */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { config: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [verb, file] = positionals;
  if (verb === 'replay' && file !== undefined) return replay(file);
  if (values.config === undefined || verb !== undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  return run(readConfiguration(values.config));
}

async function run({ configuration, trust, key, token }: Provisioned): Promise<number> {
  const { deployment, site, ratedImportKw, dataDir, broker, devices } = configuration;
  const simulated =
    configuration.clock && simulatedClock(configuration.clock, configuration.clock.wallOffsetMs);
  const clock = simulated ?? systemClock();
  const logger = pinoLogger(`agent ${site}`, clock, configuration.logLevel);
  const rng = systemRng();
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = lockDirectory(dataDir);
  const db = openDatabase(join(dataDir, 'agent.sqlite'), { synchronous: 'FULL' });
  const identity = { anchor: trust.anchor, deployment, site };
  const store = sqliteStore(db, new AuditLog({ db, identity, key }));
  const plant = modbusDevices(devices, clock, logger);
  const bus = mqttBus({
    url: broker.url,
    clientId: site,
    ...(token === null ? {} : { token }),
    rng,
    logger,
    reconnect: { baseMs: 250, maxMs: broker.reconnectMaxMs },
  });
  const inference = workerInference({ deadlineMs: INFERENCE_DEADLINE_MS, logger });
  const agent = new EdgeAgent(
    { clock, rng, logger, bus, store, devices: plant, inference },
    { deployment, site, key, trust, software: SOFTWARE, ratedImportKw },
  );
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  if (simulated !== undefined) joinSimulation(simulated, () => stop.abort());
  let suspended = false;
  const watch = watchSuspension((gapMs) => {
    // Who started this process starts it again, into a new session.
    logger.error('machine_suspended', { gapMs });
    suspended = true;
    stop.abort();
  });
  try {
    await agent.run(stop.signal);
    return suspended ? 1 : 0;
  } finally {
    watch.stop();
    await plant.close();
    store.close();
    lock.release();
  }
}

function replay(file: string): number {
  try {
    const report = replayFile(file);
    process.stdout.write(`${JSON.stringify({ schema: 'tieline.replay/1', ...report })}\n`);
    return report.identical ? 0 : 1;
  } catch (thrown) {
    if (!(thrown instanceof AuditError) && !(thrown instanceof Error && 'errno' in thrown)) {
      throw thrown;
    }
    throw new ConfigurationError(file, messageOf(thrown));
  }
}

function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof ConfigurationError) return 2;
  return thrown instanceof TypeError && 'code' in thrown ? 2 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  const sentence =
    thrown instanceof TielineError ? describeFailure(thrown.failure) : messageOf(thrown);
  process.stderr.write(`✗ ${thrown instanceof ConfigurationError ? thrown.message : sentence}\n`);
  process.exitCode = exitCodeOf(thrown);
}
