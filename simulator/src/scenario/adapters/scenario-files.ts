import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  branchesBeside,
  embeddedFeeder,
  FEEDER_BYTES_MAX,
  type Feeder,
  feederFromCsv,
  parseFeeder,
} from '@tieline/grid';
import { messageOf } from '@tieline/kernel';
import { ScenarioError, type ScenarioProblem } from '../failure.ts';
import { type Playing, parseScenario, SCENARIO_BYTES_MAX } from '../parse-scenario.ts';
import type { Scenario } from '../scenario.ts';
import { nearest } from '../suggestion.ts';

const SHIPPED = fileURLToPath(new URL('../../../scenarios/', import.meta.url));

/** A scenario that ships with Tieline. @throws {ScenarioError} scenario_unreadable where there is none of that name */
export function shippedScenario(name: string): Scenario {
  return readScenario(join(SHIPPED, `${name}.yaml`), `${name}.yaml`);
}

/**
 * The scenarios that a word means: every one of a folder, that of a file, or one that ships with Tieline by its name.
 * @throws {ScenarioError} with every problem of every file
 */
export function scenariosOf(word: string, how: Playing = 'virtual'): readonly Scenario[] {
  if (isShipped(word)) return [readScenario(join(SHIPPED, `${word}.yaml`), word, how)];
  const there = statSync(word, { throwIfNoEntry: false });
  if (there === undefined) {
    const near = nearest(word, shippedScenarios());
    throw unreadable(word, `no file, no folder and no scenario that ships has this name${near}`);
  }
  if (!there.isDirectory()) return [readScenario(word, word, how)];
  const files = scenariosIn(word);
  if (files.length > 0) return differentlyNamed(readAll(word, files, how));
  throw unreadable(word, 'no .yaml file in this folder');
}

function readAll(folder: string, files: readonly string[], how: Playing): readonly Scenario[] {
  const scenarios: Scenario[] = [];
  const problems: ScenarioProblem[] = [];
  for (const file of files) {
    try {
      scenarios.push(readScenario(file, file, how));
    } catch (thrown) {
      if (!(thrown instanceof ScenarioError)) throw thrown;
      problems.push(...thrown.failure.problems);
    }
  }
  if (problems.length === 0) return scenarios;
  throw new ScenarioError({ code: 'scenario_invalid', file: folder, problems });
}

function unreadable(file: string, reason: string, options?: ErrorOptions): ScenarioError {
  const problem = { file, line: null, column: null, path: '', reason };
  return new ScenarioError({ code: 'scenario_unreadable', file, problems: [problem] }, options);
}

/** Whether a word is the name of a scenario that ships with Tieline. */
export function isShipped(word: string): boolean {
  return /^[a-z0-9.-]+$/.test(word) && shippedScenarios().includes(word);
}

/** Reports lie by the names of scenarios: one would take the place of another. @throws {ScenarioError} */
function differentlyNamed(scenarios: readonly Scenario[]): readonly Scenario[] {
  const fileOf = new Map<string, string>();
  for (const { name, file } of scenarios) {
    const other = fileOf.get(name);
    if (other !== undefined) {
      const reason = `has the name of ${other}, and its report would lie in the same place`;
      const problem = { file, line: null, column: null, path: '', reason };
      throw new ScenarioError({ code: 'scenario_invalid', file, problems: [problem] });
    }
    fileOf.set(name, file);
  }
  return scenarios;
}

/** Names of the scenarios that ship with Tieline. */
export function shippedScenarios(): string[] {
  return scenariosIn(SHIPPED).map((path) => path.slice(SHIPPED.length).replace(/\.ya?ml$/, ''));
}

/** Scenario files of a folder, by name. */
function scenariosIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * Reads a scenario file; paths in it count from where the file lies.
 *
 * @param named  what a person calls it
 * @throws {ScenarioError}
 */
export function readScenario(
  path: string,
  named: string = path,
  how: Playing = 'virtual',
): Scenario {
  const text = readText(path, named);
  const files = {
    feeder: (feeder: string) => readFeeder(feeder, dirname(path)),
    text: (file: string) => readBeside(file, dirname(path)),
  };
  return parseScenario(text, named, files, how);
}

function readText(path: string, named: string): string {
  try {
    return readAtMost(path, SCENARIO_BYTES_MAX, '');
  } catch (thrown) {
    throw unreadable(named, messageOf(thrown), { cause: thrown });
  }
}

function readFeeder(feeder: string, folder: string): Feeder {
  if (/^[a-z0-9-]+$/.test(feeder)) return embeddedFeeder(feeder);
  const named = (file: string) => ({ file, text: readBeside(file, folder) });
  const branches = branchesBeside(feeder);
  if (branches !== null) return feederFromCsv(named(feeder), named(branches));
  return parseFeeder(named(feeder).text);
}

/** @param file  from where the scenario lies */
function readBeside(file: string, folder: string): string {
  return readAtMost(resolve(folder, file), FEEDER_BYTES_MAX, `${file}: `);
}

/** A pipe or a device has no size that could be looked at first, and may never end. */
function readAtMost(path: string, bytesMax: number, named: string): string {
  const bytes = Buffer.allocUnsafe(bytesMax + 1);
  const file = openSync(path, 'r');
  try {
    let end = 0;
    for (let read = -1; read !== 0 && end <= bytesMax; end += read) {
      read = readSync(file, bytes, end, bytes.length - end, null);
    }
    if (end > bytesMax) throw new Error(`${named}larger than ${bytesMax} bytes`);
    return bytes.toString('utf8', 0, end);
  } finally {
    closeSync(file);
  }
}
