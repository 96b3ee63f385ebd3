import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { GRANT_ALL, mqttBus, startBroker } from '@tieline/bus';
import { silentLogger, systemClock, systemRng, toHex } from '@tieline/kernel';
import { benchSite } from './bench-site.ts';
import { chargeTarget } from './charge-target.ts';
import { Child } from './child.ts';
import { CommandParts, type PartTimes } from './command-parts.ts';
import { warmUp } from './command-warm-up.ts';
import { type CommandTimes, ControlEnd } from './control-end.ts';
import { quantile } from './measure.ts';
import type { Bench, Row } from './row.ts';

const AGENT = fileURLToPath(new URL('command-agent.ts', import.meta.url));
const ROUNDS = 9;
const WARM_ROUNDS = 1;
/** Commands of one round, one behind the other's receipt; then they all run out, untimed. */
const COMMANDS_A_ROUND = 25;
/** A round's commands have ended, and the agent's budget for verifying is full again. */
const RUN_OUT_MS = 1_300;

/**
 * The production agent in a process of its own, behind the embedded broker in this one; both ends on MQTT.js over
 * TCP, its store in a real file. The
 * command is a plan's charge target: its first control step has something to write to the device, while that of a
 * setpoint begins a ramp from where the battery stands.
 */
export const commandRoundTripBench: Bench = {
  name: 'command round trip',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'tieline-bench-command-'));
    const startMs = Date.now();
    const site = benchSite(startMs, systemClock());
    const token = toHex(systemRng().stream('tokens').bytes(32));
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
    const { url } = broker;
    const connection = { url, token, rng: systemRng(), logger: silentLogger };
    const control = new ControlEnd(
      site,
      mqttBus({ ...connection, clientId: 'control' }),
      systemClock(),
    );
    await control.isUp;
    const agent = new Child([AGENT, String(startMs), url, token, join(folder, 'agent.sqlite')]);
    await warmUp();
    await agent.during(Promise.all([control.agentIsBorn, agent.says('echo_up')]));
    const parts = new CommandParts(site, control, join(folder, 'plain.sqlite'));
    const measured = await agent.during(measure(control, parts));
    await agent.end();
    await control.bus.stop();
    await broker.close();
    parts.close();
    rmSync(folder, { recursive: true });
    return [0.5, 0.99].map((part) => row(part, measured));
  },
};

interface Measured {
  readonly times: readonly CommandTimes[];
  readonly parts: readonly PartTimes[];
}

async function measure(control: ControlEnd, parts: CommandParts): Promise<Measured> {
  const times: CommandTimes[] = [];
  const partTimes: PartTimes[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let at = 0; at < COMMANDS_A_ROUND; at += 1) {
      times.push(await control.command(chargeTarget(at)));
      partTimes.push(await parts.measure());
    }
    await sleep(RUN_OUT_MS);
  }
  // The first round warms what the warm-up leaves out: the wire.
  const warm = WARM_ROUNDS * COMMANDS_A_ROUND;
  return { times: times.slice(warm), parts: partTimes.slice(warm) };
}

function row(part: number, { times, parts }: Measured): Row {
  const acceptedMs = times.map((one) => one.acceptedMs);
  const addedMs = parts.map(({ echo, signs, verifies, commits }) => {
    return echo + signs + verifies + commits;
  });
  const of = (name: keyof PartTimes): string => {
    const ms = quantile(
      parts.map((one) => one[name]),
      part,
    );
    return `${name} ${ms.toFixed(2)}`;
  };
  const nextMs = quantile(
    times.map((one) => one.nextMs),
    part,
  );
  const [value, baselineValue] = [quantile(acceptedMs, part), quantile(addedMs, part)];
  return {
    figure: `command round trip, p${part * 100}`,
    unit: 'ms',
    value,
    baseline: 'parts alone, added: QoS 1 echo, two signs, two verifies, two FULL commits',
    baselineValue,
    ratio: value / baselineValue,
    aim: '≤ 1.5 ×',
    note:
      `${WHAT}; ${nextMs.toFixed(2)} ms to the next receipt. ` +
      `Of the parts, ms: ${of('echo')}, ${of('signs')}, ${of('verifies')}, ${of('commits')}`,
  };
}

const WHAT =
  'from sealing the command to its first receipt opened: sealed, broker, fifteen checks, commit of journal and audit, control ' +
  'step, commit of the decision, write to the device, receipt sealed, broker, receipt opened; two processes';
