import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { busCompliance, COMPLIANCE_CLIENTS } from '../compliance.ts';
import { proxiedClients } from './proxied-harness.ts';

const MOSQUITTO = '/usr/sbin/mosquitto';
const { TIELINE_REQUIRE_ALL } = process.env;

if (existsSync(MOSQUITTO)) {
  busCompliance('MQTT.js on Mosquitto', async () => {
    const broker = await startMosquitto();
    const proxied = await proxiedClients(broker, COMPLIANCE_CLIENTS, new Map());
    return {
      bus: proxied.bus,
      reset: (clientId) => proxied.link(clientId).reset(),
      cut: (clientId) => proxied.link(clientId).cut(),
      restore: (clientId) => proxied.link(clientId).restore(),
      run: (body) => body(),
      async close() {
        await proxied.close();
        await broker.close();
      },
    };
  });
} else if (TIELINE_REQUIRE_ALL === '1') {
  test('MQTT.js on Mosquitto', () => {
    expect.unreachable(`TIELINE_REQUIRE_ALL=1, and ${MOSQUITTO} is not installed`);
  });
} else {
  test.skip(`MQTT.js on Mosquitto: ${MOSQUITTO} is not installed (apt-get install mosquitto)`);
}

interface Mosquitto {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

async function startMosquitto(): Promise<Mosquitto> {
  const folder = mkdtempSync(join(tmpdir(), 'tieline-mosquitto-'));
  const config = join(folder, 'mosquitto.conf');
  const port = await freePort();
  writeFileSync(
    config,
    [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      'persistence false',
      'set_tcp_nodelay true',
      'log_dest stderr',
      '',
    ].join('\n'),
  );
  const broker = spawn(MOSQUITTO, ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  await ready(broker, port);
  return {
    host: '127.0.0.1',
    port,
    async close() {
      const exited = once(broker, 'exit');
      broker.kill();
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Resolves when the broker accepts connections; throws with what it said if it ended instead. */
async function ready(broker: ChildProcess, port: number): Promise<void> {
  let said = '';
  broker.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  while (broker.exitCode === null) {
    if (await accepts(port)) return;
    await delay(10);
  }
  throw new Error(`mosquitto ended with ${broker.exitCode}: ${said}`);
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
