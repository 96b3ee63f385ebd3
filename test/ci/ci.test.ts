import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ROOT, sourceText } from '../docs/source-facts.ts';
import { GitHubRunner, plainEnvironment } from './github-runner.ts';
import { clone, hasGit, publish, TAG } from './published.ts';

/*
 * What CI of somebody else does with this repository: from an empty folder, on the Node of the PATH, with nothing but
 * the steps of the files that we ship.
 */

const INSTALL_MAX_MS = 300_000;

const SCENARIO = `scenario: tieline.scenario/1
about: An order is carried out.
feeder: baran-wu-33
start: 2026-03-03T18:00:00Z
for: 3m
sites:
  depot:
    bus: "25"
    loadPeakKw: 420
    battery: { powerKw: 160, energyKwh: 320 }
    quarterHourImportMaxKw: 420
timeline:
  - at: 30s
    order: { name: relief, site: depot, kw: 80, for: 1m }
expect:
  - { order: relief, reaches: confirmed by measurement, within: 30s }
`;

const wanted = hasGit() || process.env['TIELINE_REQUIRE_ALL'] === '1';
if (!wanted) process.stderr.write('the CI examples are not run: git is not installed\n');

describe.runIf(wanted)('CI of others', () => {
  const temp = mkdtempSync(join(tmpdir(), 'tieline-ci-'));
  const repository = join(temp, 'published');
  const action = join(temp, 'action');

  beforeAll(() => {
    publish(repository);
    clone(repository, action);
  }, INSTALL_MAX_MS);
  afterAll(() => rmSync(temp, { recursive: true, force: true }), INSTALL_MAX_MS);

  function workspace(name: string, scenario: string): string {
    const folder = join(temp, name);
    mkdirSync(join(folder, 'scenarios'), { recursive: true });
    writeFileSync(join(folder, 'scenarios', 'relief.yaml'), scenario);
    return folder;
  }

  test(
    'the workflow for GitHub: a suite that passes, and then one that fails',
    () => {
      const workflow = join(ROOT, 'docs/how-to/ci/github.yml');
      const good = workspace('good', SCENARIO);
      const passed = new GitHubRunner(good, action, join(temp, 'g')).run(workflow);
      expect(passed, passed.log).toMatchObject({
        exitCode: 0,
        artifacts: { tieline: `${good}/out` },
      });
      expect(passed.log).toContain('✓ relief');
      expect(passed.log).toContain('seed 42');
      expect(passed.summary).toContain('relief');
      expect(readFileSync(join(good, 'out/junit.xml'), 'utf8')).toContain('failures="0"');
      expect(readFileSync(join(good, 'out/relief/report.html'), 'utf8')).toContain('<svg');

      const bad = workspace('bad', SCENARIO.replace('within: 30s', 'within: 1s'));
      const failed = new GitHubRunner(bad, action, join(temp, 'b')).run(workflow);
      expect(failed.exitCode, failed.log).toBe(8);
      expect(failed.log).toContain(
        '::error file=scenarios/relief.yaml,title=relief::expected order',
      );
      // A job that fails is the one whose page is read.
      expect(failed.summary).toContain('tieline sim run scenarios/relief.yaml --seed 42');
      expect(failed.artifacts).toHaveProperty('tieline');
    },
    INSTALL_MAX_MS,
  );

  test(
    'the pipeline for GitLab',
    () => {
      const { scenarios } = parse(sourceText('docs/how-to/ci/gitlab.yml')) as {
        scenarios: { script: string[]; artifacts: { reports: { junit: string } } };
      };
      const folder = workspace('gitlab', SCENARIO);
      const { status, stdout, stderr } = spawnSync('bash', ['-c', scenarios.script.join('\n')], {
        cwd: folder,
        env: {
          ...plainEnvironment(),
          TIELINE_REPOSITORY: `file://${repository}`,
          TIELINE_REF: TAG,
        },
        encoding: 'utf8',
      });
      expect(status, stdout + stderr).toBe(0);
      expect(stdout).toContain('✓ relief');
      const junit = readFileSync(join(folder, scenarios.artifacts.reports.junit), 'utf8');
      expect(junit).toContain('failures="0"');
    },
    INSTALL_MAX_MS,
  );
});
