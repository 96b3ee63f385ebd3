import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { byScenario, junitXml, type RunReport } from '@tieline/simulator';
import { describe, expect, test } from 'vitest';
import { lookedAtRuns } from './looked-at.ts';
import { isHere } from './required.ts';

/**
 * The schema of the xUnit plugin of Jenkins, which other CI servers follow: junit-10.xsd, Copyright (c) 2014 Gregory
 * Boissinot, MIT License, as distributed with pytest 8.4.2 (testing/example_scripts).
 */
const SCHEMA = fileURLToPath(new URL('junit-10.xsd', import.meta.url));
const XMLLINT = '/usr/bin/xmllint';

/** What xmllint says of a text; empty where the schema holds. */
function complaint(xml: string): string {
  const args = ['--nonet', '--noout', '--schema', SCHEMA, '-'];
  const { status, stderr } = spawnSync(XMLLINT, args, { input: xml, encoding: 'utf8' });
  return status === 0 ? '' : stderr;
}

function report(change: Partial<RunReport>): RunReport {
  return {
    ...{ schema: 'tieline.run/2', scenario: 'calm', file: 'calm.yaml', about: 'It is calm.' },
    ...{ seed: 7, startMs: 0, durationMs: 1_000, agents: 1, mustFail: false, passed: true },
    ...{ expectations: [], trace: 'sha256:00', sites: [], minVoltagePu: 0.97 },
    peakImportKw: { withControl: null, withoutControl: 9 },
    audit: { records: 1, receipted: 1 },
    ...change,
  };
}

const HOSTILE = '<x y="1">&amp;]]> \u0000\u0008\u001b\ufffe\ud800 \u{1f50b} "quoted" \'too\'\r\n\t';
const broken = { expected: HOSTILE, kept: false, seen: HOSTILE, headroom: -1, atMs: 1 };

describe.runIf(isHere(XMLLINT, 'junit.xml and its schema'))('junit.xml and its schema', () => {
  test('a text that breaks the schema is complained of', () => {
    expect(complaint('<testsuites><testsuite name="x"/></testsuites>')).toContain("'tests'");
    expect(complaint('<testsuites>')).not.toBe('');
  });

  test.each<[string, readonly RunReport[]]>([
    ['no scenario', []],
    ['one without expectations', [report({})]],
    ['a failure', [report({ passed: false, expectations: [{ ...broken, expected: 'x' }] })]],
    ['one that must fail and does', [report({ mustFail: true, expectations: [broken] })]],
    ['one that must fail and does not', [report({ mustFail: true, passed: false })]],
    [
      'hostile names',
      [
        report({
          ...{ scenario: HOSTILE, file: HOSTILE, about: HOSTILE, passed: false },
          expectations: [broken, { ...broken, kept: true }],
        }),
      ],
    ],
  ])('holds: %s', (_what, reports) => {
    expect(complaint(junitXml(reports, byScenario))).toBe('');
  });

  test('holds: a suite that ended too early', () => {
    expect(complaint(junitXml([], byScenario, 3))).toBe('');
  });

  test('holds for runs as they are', async () => {
    const reports = (await lookedAtRuns()).map((run) => run.report);
    expect(reports.some(({ passed }) => !passed)).toBe(true);
    expect(complaint(junitXml(reports, byScenario))).toBe('');
  }, 240_000);
});
