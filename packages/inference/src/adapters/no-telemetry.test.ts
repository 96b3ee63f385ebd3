import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

const INFERENCE = new URL('../index.ts', import.meta.url).href;
const SAMPLES = new URL('../sample-models.ts', import.meta.url).href;

let folder: string;
let home: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tieline-reports-'));
  home = join(folder, 'home');
  mkdirSync(home);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a script prints in a process that nothing tells to be quiet: continuous integration would. */
async function printed(script: string): Promise<string> {
  const file = join(folder, 'script.ts');
  writeFileSync(
    file,
    `import { Worker } from 'node:worker_threads';
    import { directInference, workerInference } from ${JSON.stringify(INFERENCE)};
    import { sampleModel } from ${JSON.stringify(SAMPLES)};
    ${script}`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [file], {
    env: { HOME: home, TMPDIR: home },
  });
  return stdout.trim();
}

const INSIDE_A_WORKER = `import(${JSON.stringify(INFERENCE)}).then(async ({ directInference }) => {
  const { sampleModel } = await import(${JSON.stringify(SAMPLES)});
  const session = await directInference().load(sampleModel());
  console.log((await session.infer([1, 1])).value);
  await session.close();
}).catch((thrown) => console.log(thrown.message));`;

test.each([
  [
    'in the thread of its caller',
    `const session = await directInference().load(sampleModel());
    console.log((await session.infer([1, 1])).value);
    await session.close();`,
  ],
  [
    'in a worker of its own',
    `const logger = { info() {}, warn() {}, error() {} };
    const session = await workerInference({ deadlineMs: 30_000, logger }).load(sampleModel());
    console.log((await session.infer([1, 1])).value);
    await session.close();`,
  ],
  ["in a scenario's worker", `new Worker(${JSON.stringify(INSIDE_A_WORKER)}, { eval: true });`],
])('a model that runs %s leaves no report to anybody', async (_where, script) => {
  expect(await printed(script)).toBe('3');
  expect(readdirSync(home, { recursive: true })).toEqual([]);
});

test('a worker whose process might report runs no model', async () => {
  const said = await printed(
    `new Worker(${JSON.stringify(INSIDE_A_WORKER)}, { eval: true, env: {} });`,
  );
  expect(said).toContain('ORT_DISABLE_TELEMETRY was not 1');
  expect(readdirSync(home, { recursive: true })).toEqual([]);
});
