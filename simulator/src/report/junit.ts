import { PROMISE } from '../scenario/expectation-words.ts';
import type { RunReport } from '../scenario/run-report.ts';
import { escaped } from './escaped.ts';
import type { Naming } from './naming.ts';
import { lastWordsOf, reasonsOf } from './reasons.ts';
import { reproducing } from './reproducing.ts';

/**
 * Runs as JUnit XML, for the reports of CI: a suite is a run of a scenario, a case an expectation. Of a scenario that
 * must fail there is one case: that it did.
 * @param missing  runs that were wanted and have no verdict: a failure of its own, lest the others look like all
 */
export function junitXml(reports: readonly RunReport[], naming: Naming, missing = 0): string {
  const wanted = reports.length + missing;
  const failure = `${missing} of ${wanted} runs have no verdict`;
  const suites = [
    ...(missing > 0 ? [suiteOf([{ name: 'every run ends', failure }], 'tieline')] : []),
    ...reports.map((report) => suiteOf(casesOf(report), naming(report))),
  ];
  const [tests, failures] = [sum(suites, 'tests'), sum(suites, 'failures')];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="tieline" tests="${tests}" failures="${failures}" errors="0" time="0">`,
    ...suites.map(({ xml }) => xml),
    '</testsuites>',
    '',
  ].join('\n');
}

interface Case {
  readonly name: string;
  readonly failure: string | null;
}

interface Suite {
  readonly tests: number;
  readonly failures: number;
  readonly xml: string;
}

function suiteOf(cases: readonly Case[], named: string): Suite {
  const failures = cases.filter(({ failure }) => failure !== null).length;
  const name = escaped(named);
  // The time in which nobody waited: simulated time stands in the messages.
  const head = `<testsuite name="${name}" tests="${cases.length}" failures="${failures}" errors="0" skipped="0" time="0">`;
  const xml = [`  ${head}`, ...cases.map((one) => caseXml(one, name)), '  </testsuite>'];
  return { tests: cases.length, failures, xml: xml.join('\n') };
}

function casesOf(report: RunReport): readonly Case[] {
  const { mustFail, expectations } = report;
  const again = reproducing(report);
  const said = lastWordsOf(report);
  if (mustFail) {
    const reasons = reasonsOf(report);
    const failure = reasons.length === 0 ? null : [...reasons, again, ...said].join('\n');
    return [{ name: 'must fail', failure }];
  }
  return expectations.map(({ expected, kept, seen }) => {
    const why = [`expected ${expected}; seen: ${seen}`, again];
    const failure = [...why, ...(expected === PROMISE.survives ? said : [])].join('\n');
    return { name: expected, failure: kept ? null : failure };
  });
}

function caseXml({ name, failure }: Case, suite: string): string {
  const head = `    <testcase name="${escaped(name)}" classname="${suite}" time="0"`;
  if (failure === null) return `${head}/>`;
  const [message = ''] = failure.split('\n');
  const body = `<failure message="${escaped(message)}" type="expectation">${escaped(failure)}</failure>`;
  return `${head}>\n      ${body}\n    </testcase>`;
}

function sum(suites: readonly Suite[], what: 'tests' | 'failures'): number {
  return suites.reduce((total, suite) => total + suite[what], 0);
}
