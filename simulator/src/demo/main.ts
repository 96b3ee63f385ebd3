import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  messageOf,
  QUARTER_HOUR_MS,
  type SimulatedTime,
  shellWord,
  systemRng,
} from '@tieline/kernel';
import { eveningPeak } from '../deployment/evening-peak.ts';
import { type DeploymentFiles, writeDeployment } from '../live/adapters/deployment-files.ts';
import type { AgentView, CommandView } from '../live/adapters/operator.ts';
import { Stage } from './adapters/stage.ts';
import { gather, type LiveTroupe } from './adapters/troupe.ts';
import { whenNpmIsGone } from './adapters/when-npm-is-gone.ts';
import { clockTime } from './screen.ts';
import {
  playStory,
  STORY_MS,
  type Telling,
  untilAssembled,
  untilDrained,
  untilTime,
} from './story.ts';
import { brokenPromises, type DemoSummary } from './summary.ts';
import { judge, type PlayedRun } from './verdict.ts';

const USAGE = `usage: npm start -- [--for 60s] [--json] [--seed N] [--keep DIR]

Plays an evening on a simulated feeder: a control plane and three edge agents, each a process of its
own, against the SunSpec devices of a plant, thirty times as fast as life.

  --for TIME   end after this long; the story itself takes 60s       (default: until Ctrl-C)
  --json       print one summary object as the last line of stdout
  --seed N     loads, sun and weather                                 (default: 1)
  --keep DIR   keep the deployment's files (keys, configuration, databases) in this new folder
`;

/** The demo's clock: a minute shows two quarter hours. */
const RATE = 30;
/** The story begins at 18:45, when the ramp is steep; the processes have the minutes before it to find each other. */
const EVENING_MS = Date.UTC(2026, 2, 3, 18, 45);
const LEAD_REAL_MS = 10_000;
/** Exit code of what the user ended. */
const INTERRUPTED = 130;
const SITES = { ordered: 'harbour', bystander: 'mill-lane', cut: 'old-foundry' } as const;

interface Options {
  /** Simulated ms after the evening's begin; null = until interrupted. */
  readonly forMs: number | null;
  readonly json: boolean;
  readonly seed: number;
  readonly keep: string | null;
}

class UsageError extends Error {}

function readOptions(args: readonly string[]): Options | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      for: { type: 'string' },
      json: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      keep: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed))
    throw new UsageError(`--seed: a whole number, not '${values.seed}'`);
  return { forMs: readDuration(values.for), json: values.json, seed, keep: values.keep ?? null };
}

/** Real time on the command line, simulated ms inside. */
function readDuration(text: string | undefined): number | null {
  if (text === undefined) return null;
  const [, count, unit] = /^(\d+(?:\.\d+)?)(s|m|h)$/.exec(text) ?? [];
  const factor = { s: 1_000, m: 60_000, h: 3_600_000 }[unit ?? ''];
  if (factor === undefined) throw new UsageError(`--for: a time like 60s or 5m, not '${text}'`);
  const simulatedMs = Number(count) * factor * RATE;
  if (simulatedMs < STORY_MS) throw new UsageError(`--for: the story takes 60s, not '${text}'`);
  return simulatedMs;
}

async function main(options: Options): Promise<number> {
  const simulated = eveningPeak();
  const rng = systemRng();
  const time: SimulatedTime = {
    rate: RATE,
    realOriginMs: Date.now() + LEAD_REAL_MS,
    simulatedOriginMs: EVENING_MS,
  };
  const directory = options.keep ?? mkdtempSync(join(tmpdir(), 'tieline-demo-'));
  const files = writeDeployment(directory, simulated, rng, Math.floor(EVENING_MS / 1_000) - 3_600);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  whenNpmIsGone(() => stop.abort());
  const troupe = await gather({ files, simulated, time, seed: options.seed, rng });
  const watch = new Watch(troupe);
  const stage = new Stage(options.json ? process.stderr : process.stdout, () => ({
    plant: troupe.plant(),
    sites: simulated.sites.map(({ plant, policy }) => ({
      site: plant.site,
      limitKw: policy.quarterHourImportMaxKw,
      agent: watch.agent(plant.site),
      command: watch.command(plant.site),
    })),
  }));
  const telling: Telling = {
    troupe,
    clock: troupe.clock,
    cast: SITES,
    tell: (line) => stage.tell(line),
    signal: stop.signal,
    inVain: [],
  };
  stage.open();
  try {
    await introduce(telling, troupe, files);
    const startMs = Math.max(EVENING_MS, nextQuarter(troupe.clock.wallMs()));
    stage.tell(`All agents are linked; the evening begins at ${clockTime(startMs)}.`);
    const summary = await perform(telling, options, startMs, {
      troupe,
      simulated,
      trust: files.provisioned.trust,
    });
    stage.close();
    return report(summary, telling.inVain, options.json);
  } catch (thrown) {
    if (!stop.signal.aborted) throw thrown;
    stage.tell('Interrupted before the story was told.');
    return INTERRUPTED;
  } finally {
    stage.close();
    watch.stop();
    await troupe.stop();
    if (options.keep === null) rmSync(directory, { recursive: true, force: true });
  }
}

/** First things first: the model is pushed, and everybody comes together. */
async function introduce(
  telling: Telling,
  troupe: LiveTroupe,
  { packedModel, release }: DeploymentFiles,
): Promise<void> {
  telling.tell(
    'Started: control plane with its broker, feeder simulator with 12 SunSpec devices, 3 edge agents.',
  );
  const context = shellWord(troupe.contextFile);
  telling.tell(`Look for yourself: npx tieline --context ${context} agent ls`);
  const digest = await troupe.operator.pushModel(packedModel, release);
  const sites = [...troupe.links.keys()];
  for (const site of sites) await troupe.operator.directModel(site, digest);
  telling.tell(
    `Model sha256:${digest.slice(0, 8)}… released to all sites; each agent fetches, checks and self-tests it.`,
  );
  await untilAssembled(telling, sites.length);
}

async function perform(
  telling: Telling,
  options: Options,
  startMs: number,
  known: Pick<PlayedRun, 'troupe' | 'simulated' | 'trust'>,
): Promise<DemoSummary> {
  const sites = [...telling.troupe.links.keys()];
  await untilTime(telling, startMs);
  const findings = await playStory(telling, startMs);
  // A step into the next quarter hour, so that the last one is whole.
  await untilTime(telling, startMs + (options.forMs ?? STORY_MS) + 2_000);
  if (options.forMs === null) await untilInterrupted(telling);
  const endMs = telling.clock.wallMs();
  await untilDrained({ ...telling, signal: new AbortController().signal }, sites);
  telling.tell(
    'The curtain falls: exporting and verifying every audit log, and playing the same evening without control …',
  );
  return judge({
    ...known,
    findings: { ...findings, site: SITES.cut },
    evening: { seed: options.seed, startMs, endMs },
  });
}

async function untilInterrupted({ clock, signal, tell }: Telling): Promise<void> {
  tell('The story is told; the feeder goes on. Ctrl-C ends it and prints the summary.');
  await clock.sleepUntil(Number.MAX_SAFE_INTEGER, signal);
}

function nextQuarter(tMs: number): number {
  return Math.ceil(tMs / QUARTER_HOUR_MS) * QUARTER_HOUR_MS;
}

function report(summary: DemoSummary, inVain: readonly string[], json: boolean): number {
  const broken = brokenPromises(summary, inVain);
  for (const sentence of broken) process.stderr.write(`✗ ${sentence}\n`);
  process.stdout.write(json ? `${JSON.stringify(summary)}\n` : `${describe(summary)}\n`);
  return broken.length === 0 ? 0 : 1;
}

function describe(summary: DemoSummary): string {
  const { commands, peakImportKw, minVoltagePu, audit, models } = summary;
  const { withControl, withoutControl } = peakImportKw;
  return [
    '',
    `feeder peak     ${withControl.toFixed(1)} kW with control, ${withoutControl.toFixed(1)} kW without (highest quarter hour)`,
    `lowest voltage  ${minVoltagePu.toFixed(4)} pu`,
    `commands        ${commands.confirmed} confirmed by measurement, ${commands.refused} refused`,
    `audit           ${audit.records} records, ${audit.bufferedWhileCut} written while cut off, ` +
      `${audit.lost} lost, ${audit.verified ? 'all verified' : 'NOT VERIFIED'}`,
    `models          ${models.map(({ agent, digest }) => `${agent} ${digest.slice(0, 15)}…`).join(', ')}`,
  ].join('\n');
}

const LOOK_REAL_MS = 400;

/** What the control plane says of agents and commands, asked for now and then for the screen. */
class Watch {
  #agents: readonly AgentView[] = [];
  #commands: readonly CommandView[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(troupe: LiveTroupe) {
    this.#timer = setInterval(() => void this.#look(troupe), LOOK_REAL_MS);
  }

  agent(site: string): AgentView | null {
    return this.#agents.find((agent) => agent.site === site) ?? null;
  }

  command(site: string): CommandView | null {
    return this.#commands.find((command) => command.site === site) ?? null;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look({ operator }: LiveTroupe): Promise<void> {
    try {
      this.#agents = await operator.agents();
      this.#commands = await operator.commands();
    } catch {
      // The screen keeps its last picture; the story itself reports a control plane that is gone.
    }
  }
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === null) process.stdout.write(USAGE);
  else process.exitCode = await main(options);
} catch (thrown) {
  const usage = thrown instanceof UsageError || (thrown instanceof TypeError && 'code' in thrown);
  process.stderr.write(`✗ ${messageOf(thrown)}\n${usage ? `\n${USAGE}` : ''}`);
  process.exitCode = usage ? 2 : 1;
}
