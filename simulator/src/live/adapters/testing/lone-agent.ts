import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type SimulatedTime, seededRng } from '@tieline/kernel';
import { eveningPeak } from '../../../deployment/evening-peak.ts';
import { writeAgentConfiguration, writeDeployment } from '../deployment-files.ts';

const MAIN = fileURLToPath(new URL('../../../../../edge-agent/src/main.ts', import.meta.url));

/** An agent without broker and devices, which says over and over that they are not there, with a channel to it. */
export class LoneAgent {
  readonly #folder: string;
  readonly #configuration: string;
  #running: Running;

  /** @param clock  of a simulation, or null for that of the machine */
  constructor(clock: (SimulatedTime & { readonly wallOffsetMs: number }) | null) {
    this.#folder = mkdtempSync(join(tmpdir(), 'tieline-lone-'));
    const simulated = eveningPeak();
    const [site] = simulated.sites;
    if (site === undefined) throw new Error('the deployment has a site');
    const issuedAt = Math.floor(Date.now() / 1_000) - 60;
    const files = writeDeployment(this.#folder, simulated, seededRng(1), issuedAt);
    const { wallOffsetMs, ...time } = clock ?? {
      ...{ rate: 1, realOriginMs: 1, simulatedOriginMs: 1, wallOffsetMs: 0 },
    };
    const path = writeAgentConfiguration(files, simulated, site, {
      ...{ clock: time, wallOffsetMs, brokerUrl: 'mqtt://127.0.0.1:1' },
      devices: site.ratings.map(({ asset, kind }) => ({
        ...{ site: site.plant.site, asset, kind, host: '127.0.0.1', port: 1, unit: 1 },
      })),
    });
    if (clock === null) {
      const { clock: _, ...real } = JSON.parse(readFileSync(path, 'utf8'));
      writeFileSync(path, JSON.stringify(real));
    }
    this.#configuration = path;
    this.#running = started(path);
  }

  get process(): ChildProcess {
    return this.#running.process;
  }

  /** Exit code and signal. */
  get ended(): Promise<unknown[]> {
    return this.#running.ended;
  }

  /** It ends without a word, and starts on what it left. @param before  what stands before its command */
  async startAgain(before: readonly string[]): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended;
    this.#running = started(this.#configuration, before);
  }

  /** When it says this next, by its own clock, Unix ms. @throws where it says nothing more */
  async says(words: string): Promise<number> {
    for (;;) {
      const { value, done } = await this.#running.said.next();
      if (done) throw new Error(`it has ended, and never said '${words}'`);
      const { event, time } = JSON.parse(value);
      if (event === words) return Date.parse(time);
    }
  }

  /** When it says next that there is no broker. */
  missesBroker(): Promise<number> {
    return this.says('bus_disconnected');
  }

  async close(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended;
    rmSync(this.#folder, { recursive: true });
  }
}

interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<unknown[]>;
  readonly said: AsyncIterator<string>;
}

function started(configuration: string, before: readonly string[] = []): Running {
  const [command = '', ...args] = [...before, process.execPath, MAIN, '--config', configuration];
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const said = createInterface({ input: child.stderr! })[Symbol.asyncIterator]();
  return { process: child, ended: once(child, 'exit'), said };
}
