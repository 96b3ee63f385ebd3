import { usageError } from '../exit.ts';

/** What people call the file in an error. */
export function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path;
}

/** Bytes as text. @throws {CliError} usage where they are not UTF-8 */
export function textOf(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw usageError(`${nameOf(path)} is not text`, [['reason', 'the bytes are not UTF-8']]);
  }
}

/** @throws {CliError} usage with the place where the text stops being JSON */
export function jsonOf(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw usageError(`${nameOf(path)} is not JSON`, [['reason', reason]]);
  }
}
