import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { serviceKeyFile } from '@tieline/protocol';
import type { Provisioned, SimulatedFeeder } from '@tieline/simulator';
import { z } from 'zod';

const MAIN = fileURLToPath(new URL('../../control-plane/src/main.ts', import.meta.url));

const Ready = z.object({ http: z.string() });
export const CommandAnswer = z.object({ id: z.string(), state: z.string(), final: z.boolean() });
const Commands = z.object({ commands: z.array(CommandAnswer) });
export type CommandAnswer = z.output<typeof CommandAnswer>;

/** The control plane as the process that people start, on a broker that is not its own, and its HTTP API. */
export class ControlProcess {
  readonly folder = mkdtempSync(join(tmpdir(), 'tieline-control-'));
  #child: ChildProcess | null = null;
  #http = '';
  #said = '';

  constructor(
    simulated: SimulatedFeeder,
    provisioned: Provisioned,
    broker: { readonly url: string; readonly clientId: string; readonly token: string },
  ) {
    const write = (name: string, content: string | Uint8Array): void =>
      writeFileSync(join(this.folder, name), content, { mode: 0o600 });
    const roles = ['dispatch', 'director', 'time', 'witness', 'freshness'] as const;
    for (const role of roles) {
      const { principal, seed } = provisioned.control[role];
      write(`${role}.key`, serviceKeyFile(principal, seed));
    }
    write('trust.cose', provisioned.trustBytes);
    write('policy.cose', provisioned.policyBytes);
    write('token', broker.token);
    const configuration = {
      ...{ deployment: simulated.deployment, trustFile: 'trust.cose', policyFile: 'policy.cose' },
      keys: Object.fromEntries(roles.map((role) => [role, `${role}.key`])),
      ...{ dataDir: 'data', http: { host: '127.0.0.1', port: 0 } },
      broker: { url: broker.url, clientId: broker.clientId, tokenFile: 'token' },
      feeder: { embedded: 'baran-wu-33' },
      sites: simulated.sites.map(({ plant }) => ({ site: plant.site, bus: plant.bus })),
      logLevel: 'error',
    };
    write('control.json', JSON.stringify(configuration));
  }

  /** Resolves when it serves. */
  async start(): Promise<void> {
    const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
    const args = ['--no-warnings', MAIN, '--config', join(this.folder, 'control.json')];
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-4_000);
    });
    this.#child = child;
    for await (const line of createInterface(child.stdout)) {
      this.#http = Ready.parse(JSON.parse(line)).http;
      return;
    }
    throw new Error(`the control plane does not start: ${this.#said}`);
  }

  /** What the process ended of by itself; null while it runs. */
  fault(): string | null {
    const child = this.#child;
    if (child === null || (child.exitCode === null && child.signalCode === null)) return null;
    return `exit ${child.exitCode ?? child.signalCode}: ${this.#said}`;
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  async close(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.folder, { recursive: true });
  }

  /** Asks the API. @throws where the process is killed meanwhile, or it refuses */
  async ask<Answer>(path: string, answer: z.ZodType<Answer>, body?: object): Promise<Answer> {
    const token = readFileSync(join(this.folder, 'data', 'api-token'), 'utf8').trim();
    const response = await fetch(`${this.#http}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return answer.parse(await response.json());
  }

  /** Every command that it knows. */
  async commands(): Promise<readonly CommandAnswer[]> {
    return (await this.ask('/v1/commands?limit=1000', Commands)).commands;
  }
}
