import type { Feeder } from '@tieline/grid';
import { DeploymentId } from '@tieline/kernel';
import type { z } from 'zod';
import { simulatedSite } from '../deployment/simulated-site.ts';
import { checkExpectations, checkLive, checkSites, checkTimeline } from './check-scenario.ts';
import type { Complaint } from './complaint.ts';
import { ScenarioError, type ScenarioProblem } from './failure.ts';
import type { FilesBeside } from './files-beside.ts';
import { type GivenFiles, givenFiles } from './given-files.ts';
import { tapChangerOf } from './given-tap-changer.ts';
import { keysAt } from './known-keys.ts';
import { MUST_FAIL, type Scenario } from './scenario.ts';
import { ScenarioFile, scenarioJsonSchema } from './scenario-file.ts';
import { suggestion } from './suggestion.ts';
import { type UnfoldedSites, unfoldSites, unfoldTimeline } from './unfold.ts';
import { type Path, YamlText } from './yaml-places.ts';

/** Larger files are no scenarios. */
export const SCENARIO_BYTES_MAX = 1_048_576;

/** On virtual time, or with real processes. */
export type Playing = 'virtual' | 'live';

/** Of what is wrong with the file as a whole. */
const NO_PLACE = { line: null, column: null };

type Problem = Omit<ScenarioProblem, 'file'>;

/**
 * Reads a scenario, and everything that is wrong with it.
 *
 * @param file  as a person names it
 * @param how  `live`: it shall be played with real processes, which cannot go through every event
 * @throws {ScenarioError} scenario_invalid, with every problem in the order of the file
 */
export function parseScenario(
  text: string,
  file: string,
  files: FilesBeside,
  how: Playing = 'virtual',
): Scenario {
  const yaml = new YamlText(text);
  const { fault } = yaml;
  if (fault !== null) throw invalid(file, [{ ...fault.place, path: '', reason: fault.reason }]);
  const parsed = ScenarioFile.safeParse(dataOf(yaml, file), { reportInput: true });
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap((issue) => problemsOf(issue, [], yaml));
    throw invalid(file, problems);
  }
  const problems: Complaint[] = [];
  const feeder = feederFor(parsed.data, files, problems);
  const startMs = Date.parse(parsed.data.start);
  const span = { fromMs: startMs, toMs: startMs + parsed.data.for };
  const read = givenFiles(parsed.data, { files, ...span, problems });
  if (!DeploymentId.safeParse(nameOf(file)).success) {
    const reason = 'the name of the file names the deployment: 1 to 32 of a-z, 0-9 and -';
    problems.push({ path: [], reason });
  }
  const unfolded = unfoldSites(parsed.data.sites, feeder, problems);
  checkSites(parsed.data, feeder, problems);
  checkTimeline(parsed.data, unfolded, feeder, problems);
  const { events, groups: orders } = unfoldTimeline(parsed.data.timeline, unfolded.groups);
  checkExpectations(parsed.data, unfolded, feeder, problems);
  if (how === 'live' && problems.length === 0) checkLive(parsed.data, problems);
  if (feeder === null || problems.length > 0) {
    throw invalid(
      file,
      problems.map(({ path, reason }) => ({
        ...(path.length === 0 ? NO_PLACE : yaml.placeOf(path)),
        path: path.join('.'),
        reason,
      })),
    );
  }
  const timeline = events.toSorted((a, b) => a.at - b.at);
  return {
    ...made(parsed.data, file, { ...read, feeder }, unfolded),
    timeline,
    groups: { sites: unfolded.groups, orders },
  };
}

function baseOf(file: string): string {
  return (file.split(/[/\\]/).at(-1) ?? file).replace(/\.ya?ml$/, '');
}

function nameOf(file: string): string {
  return baseOf(file).replace(MUST_FAIL, '');
}

function made(
  given: ScenarioFile,
  file: string,
  { feeder, tariff, weather, loads }: GivenFiles & { readonly feeder: Feeder },
  { sites, entries }: UnfoldedSites,
): Omit<Scenario, 'timeline' | 'groups'> {
  const name = nameOf(file);
  return {
    name,
    file,
    about: given.about,
    mustFail: baseOf(file).endsWith(MUST_FAIL),
    simulated: {
      deployment: name,
      feeder,
      weather,
      ...(given.tapChanger === undefined ? {} : { tapChanger: tapChangerOf(given.tapChanger) }),
      sites: Object.entries(sites).map(([site, size]) => {
        const load = loads.get(entries.get(site) ?? site);
        return simulatedSite({ ...size, site, ...(load === undefined ? {} : { load }) });
      }),
    },
    tariff,
    startMs: Date.parse(given.start),
    durationMs: given.for,
    seed: given.seed,
    expect: given.expect,
  };
}

function dataOf(yaml: YamlText, file: string): unknown {
  try {
    return yaml.value();
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw invalid(file, [{ ...NO_PLACE, path: '', reason }]);
  }
}

function invalid(file: string, problems: readonly Problem[]): ScenarioError {
  const ordered = problems.toSorted(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
  return new ScenarioError({
    code: 'scenario_invalid',
    file,
    problems: ordered.map((one) => ({ ...one, file })),
  });
}

/** What is wrong with the shape; of the forms that something may have, by the one that it is nearest to. */
function problemsOf(issue: z.core.$ZodIssue, above: Path, yaml: YamlText): Problem[] {
  const path = [...above, ...issue.path.filter((step) => typeof step !== 'symbol')];
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const nearest = issue.errors.toSorted((a, b) => a.length - b.length)[0] ?? [];
    return nearest.flatMap((inner) => problemsOf(inner, path, yaml));
  }
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(scenarioJsonSchema(), path);
    return issue.keys.map((key) => ({
      ...yaml.placeOfKey(path, key),
      path: path.join('.'),
      reason: `unknown key '${key}'${suggestion(key, known)}`,
    }));
  }
  return [{ ...yaml.placeOf(path), path: path.join('.'), reason: reasonOf(issue) }];
}

/** In words for whoever wrote the file, who knows nothing of schemas. */
function reasonOf(issue: z.core.$ZodIssue): string {
  const { code, input, message } = issue;
  const wanted = message
    .replace(/^Invalid (input|option): /, '')
    .replace(/, received undefined$/, '');
  if (input === undefined) return `it is missing: ${wanted}`;
  if (code === 'invalid_value' && issue.values.length > 1 && typeof input === 'string') {
    return `there is no '${input}'${suggestion(input, issue.values.map(String))}`;
  }
  return wanted;
}

function feederFor(
  { feeder }: ScenarioFile,
  files: FilesBeside,
  problems: Complaint[],
): Feeder | null {
  try {
    return files.feeder(feeder);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    problems.push({ path: ['feeder'], reason });
    return null;
  }
}
