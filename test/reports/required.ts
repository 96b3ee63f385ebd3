import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Debian's programs that these tests need, and the packages that bring them. */
const PACKAGES: Readonly<Record<string, string>> = {
  '/usr/bin/chromium': 'chromium',
  '/usr/bin/xmllint': 'libxml2-utils',
};

/** Whether a program is here. Where it is not, a test says so: it is skipped, or (TIELINE_REQUIRE_ALL=1) fails. */
export function isHere(program: keyof typeof PACKAGES, what: string): boolean {
  if (existsSync(program)) return true;
  const said = `${what}: ${program} is not installed (apt-get install ${PACKAGES[program]})`;
  if (process.env['TIELINE_REQUIRE_ALL'] === '1') test(what, () => expect.unreachable(said));
  else test.skip(said);
  return false;
}
