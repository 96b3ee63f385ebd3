import { fromHex } from '@tieline/kernel';
import { Action } from '@tieline/protocol';
import { actionInWords } from './action-words.ts';

/** An action as the HTTP API has it, ids in hex, in words; one that this command does not know is shown as it is. */
export function jsonActionInWords(json: Readonly<Record<string, unknown>>): string {
  const bytes = Object.fromEntries(
    Object.entries(json).map(([name, value]) => [
      name,
      (name === 'command' || name === 'supersedes') && typeof value === 'string'
        ? (fromHex(value) ?? value)
        : value,
    ]),
  );
  const action = Action.safeParse(bytes);
  return action.success ? actionInWords(action.data) : JSON.stringify(json);
}
