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
  readonly process: ChildProcess;
  readonly ended: Promise<unknown[]>;
  readonly #folder: string;
  readonly #said: AsyncIterator<string>;

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
    this.process = spawn(process.execPath, [MAIN, '--config', path], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.ended = once(this.process, 'exit');
    this.#said = createInterface({ input: this.process.stderr! })[Symbol.asyncIterator]();
  }

  /** The next time at which it says that there is no broker, by its own clock. @throws where it says nothing more */
  async missesBroker(): Promise<number> {
    for (;;) {
      const { value, done } = await this.#said.next();
      if (done) throw new Error('it has ended');
      const { event, time } = JSON.parse(value);
      if (event === 'bus_disconnected') return Date.parse(time);
    }
  }

  async close(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended;
    rmSync(this.#folder, { recursive: true });
  }
}
