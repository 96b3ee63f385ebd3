import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GRANT_ALL, mqttBus, startBroker } from '@tieline/bus';
import { EdgeAgent } from '@tieline/edge-agent';
import { directInference } from '@tieline/inference';
import { silentLogger, systemClock, systemRng } from '@tieline/kernel';
import type { Action } from '@tieline/protocol';
import { virtualDevices } from '@tieline/simulator';
import { type BenchSite, benchSite, openStore } from './bench-site.ts';
import { CommandParts } from './command-parts.ts';
import { ControlEnd } from './control-end.ts';
import { quantile } from './measure.ts';
import type { Bench, Row } from './row.ts';

const ROUNDS = 8;
/** Commands of one round, one behind the other's receipt; then they all run out, untimed. */
const COMMANDS_A_ROUND = 25;
const VALID_MS = 1_000;
/** A round's commands have ended, and the agent's budget for verifying is full again. */
const RUN_OUT_MS = 2_200;

/** Where the battery stands, and by how much each command of a round asks for less than the one before. */
const STATE_OF_CHARGE = 0.7;
const STEP = 0.0002;

/**
 * The production agent behind the embedded broker, both ends on MQTT.js over TCP, its store in a real file. The
 * command is a plan's charge target: its first control step has something to write to the device, while that of a
 * setpoint begins a ramp from where the battery stands.
 */
export const commandRoundTripBench: Bench = {
  name: 'command round trip',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'tieline-bench-command-'));
    const site = benchSite(Date.now(), systemClock());
    const token = Buffer.from(systemRng().stream('tokens').bytes(32)).toString('hex');
    const broker = await startBroker({
      host: '127.0.0.1',
      port: 0,
      clients: ['control', 'echo', site.site].map((clientId) => ({
        clientId,
        token,
        grants: GRANT_ALL,
      })),
      logger: silentLogger,
    });
    const connection = { url: broker.url, token, rng: systemRng(), logger: silentLogger };
    const control = new ControlEnd(site, mqttBus({ ...connection, clientId: 'control' }));
    const echo = mqttBus({ ...connection, clientId: 'echo' });
    const stop = new AbortController();
    const agent = startAgent(site, mqttBus({ ...connection, clientId: site.site }), folder, stop);
    await control.agentIsReady;
    const parts = new CommandParts(site, control, echo, join(folder, 'plain.sqlite'));
    const { wholeMs, partsMs } = await measure(control, parts);
    stop.abort();
    await agent;
    await Promise.all([control.bus.stop(), echo.stop()]);
    await broker.close();
    parts.close();
    rmSync(folder, { recursive: true });
    return [0.5, 0.99].map((part) => row(part, wholeMs, partsMs));
  },
};

async function startAgent(
  site: BenchSite,
  bus: ReturnType<typeof mqttBus>,
  folder: string,
  stop: AbortController,
): Promise<void> {
  const store = openStore(site, join(folder, 'agent.sqlite'));
  store.putDocument('policy', { version: 1, bytes: site.provisioned.policyBytes });
  const clock = systemClock();
  const agent = new EdgeAgent(
    {
      clock,
      rng: systemRng(),
      logger: silentLogger,
      bus,
      store,
      devices: virtualDevices(site.devices.models, clock),
      inference: directInference(),
    },
    site.identity,
  );
  await agent.run(stop.signal);
  store.close();
}

async function measure(control: ControlEnd, parts: CommandParts) {
  const [wholeMs, partsMs]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let at = 1; at <= COMMANDS_A_ROUND; at += 1) {
      wholeMs.push(await control.command(chargeTarget(STATE_OF_CHARGE - at * STEP)));
      partsMs.push(await parts.measure());
    }
    await sleep(RUN_OUT_MS);
  }
  // The first round warms the code of both sides.
  return { wholeMs: wholeMs.slice(COMMANDS_A_ROUND), partsMs: partsMs.slice(COMMANDS_A_ROUND) };
}

function chargeTarget(stateOfCharge: number): Action {
  return {
    type: 'charge-target',
    asset: 'battery',
    stateOfCharge,
    powerMaxKw: 60,
    startWithinMs: 0,
    validForMs: VALID_MS,
  };
}

function row(part: number, wholeMs: readonly number[], partsMs: readonly number[]): Row {
  const [value, baselineValue] = [quantile(wholeMs, part), quantile(partsMs, part)];
  return {
    figure: `command round trip, p${part * 100}`,
    unit: 'ms',
    value,
    best: Math.min(...wholeMs),
    baseline: 'parts alone, added: QoS 1 echo, two signs, two verifies, two FULL commits',
    baselineValue,
    ratio: value / baselineValue,
    aim: '≤ 1.5 ×',
    note: NOTE,
  };
}

const NOTE =
  'from sealing the command to its opened `active` receipt: sealed, broker, fifteen checks, commit of journal and audit, ' +
  'control step, commit of the decision, write to the device, receipts sealed, broker, both receipts opened';
