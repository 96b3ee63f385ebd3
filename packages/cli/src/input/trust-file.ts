import { TielineError } from '@tieline/kernel';
import { openTrust, type Role, resolveKey, type Trust, TrustError } from '@tieline/protocol';
import { CliError, EXIT, usageError } from '../exit.ts';
import type { GlobalFlags } from '../table/spec.ts';
import type { World } from '../world.ts';
import { readContextIfAny } from './context.ts';
import { nameOf } from './files.ts';

const TRUST_BYTES_MAX = 131_072;

/** By whom signatures are judged, and the time that documents are dated by. */
export interface Judge {
  readonly trust: Trust;
  /** Unix time, ms: of this machine, or of the simulation that the context names. */
  readonly wallMs: number;
}

/**
 * The trust document that `--trust` or the context names, verified against its own roots.
 * @throws {CliError} usage for what is no trust document; exit 4 for one that its roots did not sign
 */
export async function readTrust(
  world: World,
  global: GlobalFlags,
  flag: string | undefined,
): Promise<Judge> {
  const context = await readContextIfAny(world, global);
  const path = flag ?? context?.trustFile;
  if (path === undefined) {
    throw usageError('By which trust document?', [
      ['wanted', '--trust FILE, or "trustFile" in the context'],
    ]);
  }
  const trust = openTrustFile(path, await world.read(path, TRUST_BYTES_MAX));
  if (context?.clock !== undefined && trust.document.world !== 'simulated') {
    throw usageError(
      `${context.path} names a sped-up clock, and ${nameOf(path)} a real deployment`,
    );
  }
  return { trust, wallMs: (await world.clock(context?.clock)).wallMs() };
}

function openTrustFile(path: string, bytes: Uint8Array): Trust {
  try {
    return openTrust(bytes);
  } catch (thrown) {
    if (thrown instanceof TrustError) {
      throw new CliError(EXIT.signature, {
        code: thrown.code,
        what: `${nameOf(path)} is not to be trusted`,
        facts: [['reason', thrown.message]],
      });
    }
    if (!(thrown instanceof TielineError)) throw thrown;
    throw usageError(`${nameOf(path)} is not a trust document`, [['reason', thrown.message]]);
  }
}

/** Refuses a key that nobody would listen to, before anything is signed with it. @throws {CliError} exit 4 */
export function assertMaySign(judge: Judge, kid: Uint8Array, role: Role): void {
  try {
    resolveKey(judge.trust, kid, role, Math.floor(judge.wallMs / 1_000));
  } catch (thrown) {
    if (!(thrown instanceof TrustError)) throw thrown;
    throw new CliError(EXIT.signature, {
      code: thrown.code,
      what: `This key may not sign as ${role}`,
      facts: [['reason', thrown.message]],
    });
  }
}
