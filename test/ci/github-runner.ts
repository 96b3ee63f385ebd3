import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly if?: string;
  readonly shell?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, string>>;
}
interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}
interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
}

/** What a job left behind. */
export interface JobResult {
  /** Of the step that failed; 0 where all went well. */
  readonly exitCode: number;
  readonly log: string;
  /** Markdown for the page of the job. */
  readonly summary: string;
  /** Folders that were uploaded, by name of the artifact. */
  readonly artifacts: Readonly<Record<string, string>>;
}

/**
 * Runs the one job of a workflow as GitHub's runner would, as far as ours goes: shell steps, the composite action of
 * this repository, and the two actions of GitHub's own by what they do. Whatever else a file asks for is an error.
 */
export class GitHubRunner {
  readonly #workspace: string;
  readonly #actionPath: string;
  readonly #summaryFile: string;
  #exitCode = 0;
  #log = '';
  readonly #artifacts: Record<string, string> = {};

  /**
   * @param workspace  a checkout of the repository that is tested
   * @param actionPath  a clone of Tieline
   */
  constructor(workspace: string, actionPath: string, temp: string) {
    this.#workspace = workspace;
    this.#actionPath = actionPath;
    mkdirSync(temp, { recursive: true });
    this.#summaryFile = join(temp, 'step-summary.md');
    writeFileSync(this.#summaryFile, '');
  }

  run(workflowFile: string): JobResult {
    const jobs = Object.values((parse(readFileSync(workflowFile, 'utf8')) as Workflow).jobs);
    for (const step of jobs.flatMap(({ steps }) => steps)) {
      if (this.#skips(step)) continue;
      const [action = ''] = (step.uses ?? '').split('@');
      const given = step.with ?? {};
      if (action === 'actions/checkout') continue;
      if (action === 'actions/upload-artifact') this.#upload(given);
      else if (action.endsWith('/tieline')) this.#runAction(given);
      else throw new Error(`the runner knows no step '${step.uses ?? step.name}'`);
    }
    const summary = readFileSync(this.#summaryFile, 'utf8');
    return { exitCode: this.#exitCode, log: this.#log, summary, artifacts: this.#artifacts };
  }

  /** After a failure only those steps run that ask for it. */
  #skips(step: Step): boolean {
    if (step.if !== undefined && step.if !== `\${{ !cancelled() }}`) {
      throw new Error(`the runner knows no condition '${step.if}'`);
    }
    return this.#exitCode !== 0 && step.if === undefined;
  }

  #upload({ name = '', path = '' }: Readonly<Record<string, string>>): void {
    const folder = join(this.#workspace, path);
    if (!existsSync(folder)) throw new Error(`there is no ${path} to upload`);
    this.#artifacts[name] = folder;
  }

  #runAction(given: Readonly<Record<string, string>>): void {
    const text = readFileSync(join(this.#actionPath, 'action.yml'), 'utf8');
    const { inputs, runs } = parse(text) as Action;
    const unknown = Object.keys(given).filter((name) => !(name in inputs));
    if (unknown.length > 0) throw new Error(`the action has no input ${unknown.join(', ')}`);
    const inputOf = (name: string): string => given[name] ?? inputs[name]?.default ?? '';
    for (const step of runs.steps) if (!this.#skips(step)) this.#shell(step, inputOf);
  }

  #shell({ shell, run = '', env = {} }: Step, inputOf: (input: string) => string): void {
    // Text that comes from elsewhere would be run as it stands.
    if (run.includes('${{')) throw new Error('an expression stands in a script, and not in env');
    if (shell !== 'bash') throw new Error(`the runner knows no shell '${shell}'`);
    const given = Object.entries(env).map(([name, value]) => [name, this.#filled(value, inputOf)]);
    const options = ['--noprofile', '--norc', '-e', '-o', 'pipefail', '-c', run];
    const { status, stdout, stderr } = spawnSync('bash', options, {
      cwd: this.#workspace,
      env: {
        ...plainEnvironment(),
        ...Object.fromEntries(given),
        GITHUB_ACTIONS: 'true',
        GITHUB_STEP_SUMMARY: this.#summaryFile,
      },
      encoding: 'utf8',
      maxBuffer: 64 * 1_048_576,
    });
    this.#log += stdout + stderr;
    if (this.#exitCode === 0) this.#exitCode = status ?? 1;
  }

  #filled(text: string, inputOf: (input: string) => string): string {
    return text.replace(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) => {
      if (expression === 'github.action_path') return this.#actionPath;
      const [, input] = /^inputs\.(\w+)$/.exec(expression) ?? [];
      if (input === undefined) throw new Error(`the runner knows no '${expression}'`);
      return inputOf(input);
    });
  }
}

/** What a shell of CI has: nothing of the npm and vitest that run this test. */
export function plainEnvironment(): Record<string, string> {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|VITEST|NODE_|INIT_CWD|TIELINE_|CI$|GITHUB_)/.test(name),
  );
  const path = (process.env['PATH'] ?? '').split(':').filter((part) => !/node_modules/.test(part));
  return { ...(Object.fromEntries(own) as Record<string, string>), PATH: path.join(':') };
}
