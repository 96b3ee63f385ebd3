import {
  type Playing,
  placed,
  type Scenario,
  ScenarioError,
  scenariosOf,
} from '@tieline/simulator';
import { type CliError, usageError } from '../exit.ts';

/** The scenarios that a word means. @throws {CliError} usage, with every problem of every file by its line */
export function readScenarios(word: string, how?: Playing): readonly Scenario[] {
  try {
    return scenariosOf(word, how);
  } catch (thrown) {
    throw scenarioProblem(thrown) ?? thrown;
  }
}

/** What a person can put right in a scenario file; null for anything else that was thrown. */
export function scenarioProblem(thrown: unknown): CliError | null {
  if (!(thrown instanceof ScenarioError)) return null;
  const { code, file, problems } = thrown.failure;
  return usageError(
    `${file} cannot be run`,
    problems.map((problem) => ['problem', placed(problem)] as const),
    code === 'scenario_unreadable' ? 'tieline sim list names those that ship' : undefined,
  );
}
