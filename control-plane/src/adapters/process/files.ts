import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { messageOf } from '@tieline/kernel';
import type { z } from 'zod';
import { StartError } from './failure.ts';

const FILE_BYTES_MAX = 8 * 1_024 * 1_024;
/** Nobody but the owner may read a secret. */
const OTHERS_MASK = 0o077;

/** @throws {StartError} config_unreadable | file_too_large */
export function readBytes(file: string): Uint8Array {
  return readChecked(file, () => {});
}

/** A file that only its owner may read. @throws {StartError} secret_exposed and as `readBytes` */
export function readSecret(file: string): string {
  const bytes = readChecked(file, (mode) => {
    if ((mode & OTHERS_MASK) === 0) return;
    const shown = `0${(mode & 0o777).toString(8)}`;
    throw new StartError(
      { code: 'secret_exposed', file, mode: shown },
      `${file} has mode ${shown}: others may read it; use chmod 0600`,
    );
  });
  return Buffer.from(bytes).toString('utf8');
}

/** @throws {StartError} config_invalid with the first place and reason */
export function parseJson<S extends z.ZodType>(file: string, text: string, shape: S): z.output<S> {
  const invalid = (place: string, reason: string): StartError =>
    new StartError({ code: 'config_invalid', file, place, reason });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw invalid('(file)', messageOf(thrown));
  }
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(issue?.path.join('.') || '(file)', issue?.message ?? 'does not fit its shape');
}

/** Looks and reads through one descriptor: what was looked at is what is read. */
function readChecked(file: string, checkMode: (mode: number) => void): Uint8Array {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(file, 'r');
    const { mode, size } = fstatSync(descriptor);
    if (size > FILE_BYTES_MAX) {
      throw new StartError({ code: 'file_too_large', file, bytesMax: FILE_BYTES_MAX });
    }
    checkMode(mode);
    return new Uint8Array(readFileSync(descriptor));
  } catch (thrown) {
    if (thrown instanceof StartError) throw thrown;
    throw new StartError({ code: 'config_unreadable', file, reason: messageOf(thrown) });
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}
