import { dirname, resolve } from 'node:path';
import type { SimulatedTime } from '@tieline/kernel';
import { z } from 'zod';
import { CliError, usageError } from '../exit.ts';
import type { GlobalFlags } from '../table/spec.ts';
import type { World } from '../world.ts';
import { textOf } from './files.ts';
import { readShaped } from './shape.ts';

const CONTEXT_BYTES_MAX = 65_536;
const TOKEN_BYTES_MAX = 4_096;
const DEFAULT_PATH = '.tieline/context.json';

/** The token goes with every request: over a network only inside TLS. */
const ControlPlaneUrl = z.url({ protocol: /^https?$/ }).refine((text) => {
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}, 'http:// is for this machine alone (127.0.0.1); elsewhere https://');

const ContextFile = z.strictObject({
  url: ControlPlaneUrl,
  /** Paths are meant from the context file's own directory. */
  tokenFile: z.string().min(1),
  trustFile: z.exactOptional(z.string().min(1)),
  /** The sped-up clock of a simulation, which orders are dated by; a real deployment refuses it. */
  clock: z.exactOptional(
    z.strictObject({
      rate: z.number().positive().max(10_000),
      realOriginMs: z.number(),
      simulatedOriginMs: z.number(),
    }),
  ),
});

/** Which control plane is meant, and by which trust documents are judged. */
export interface Context {
  readonly path: string;
  readonly url: string;
  readonly tokenFile: string;
  readonly trustFile: string | undefined;
  readonly clock: SimulatedTime | undefined;
}

/** The context that `--context`, `$TIELINE_CONTEXT` or the working directory names. @throws {CliError} usage */
export async function readContext(world: World, global: GlobalFlags): Promise<Context> {
  const { path } = contextPath(world, global);
  const file = await readShaped(world, path, CONTEXT_BYTES_MAX, 'a context', ContextFile).catch(
    (thrown: unknown) => {
      if (!(thrown instanceof CliError)) throw thrown;
      throw usageError('Which control plane is meant?', [
        ['context', thrown.problem.what],
        ...(thrown.problem.facts ?? []),
        ['wanted', '{"url": …, "tokenFile": …, "trustFile": …} by --context or $TIELINE_CONTEXT'],
      ]);
    },
  );
  const from = (name: string): string => resolve(dirname(path), name);
  return {
    path,
    url: file.url.replace(/\/+$/, ''),
    tokenFile: from(file.tokenFile),
    trustFile: file.trustFile === undefined ? undefined : from(file.trustFile),
    clock: file.clock,
  };
}

/** The same for verbs that work without one; null where nobody named one and none is in its place. */
export async function readContextIfAny(world: World, global: GlobalFlags): Promise<Context | null> {
  const { path, isNamed } = contextPath(world, global);
  return isNamed || (await world.exists(path)) ? await readContext(world, global) : null;
}

function contextPath(world: World, global: GlobalFlags): { path: string; isNamed: boolean } {
  const named = global.context ?? world.env['TIELINE_CONTEXT'] ?? '';
  const path = resolve(world.workingDirectory, named === '' ? DEFAULT_PATH : named);
  return { path, isNamed: named !== '' };
}

/** The bearer token of the control plane. @throws {CliError} usage */
export async function readToken(world: World, context: Context): Promise<string> {
  const bytes = await world.read(context.tokenFile, TOKEN_BYTES_MAX);
  const token = textOf(context.tokenFile, bytes).trim();
  if (/^[\x21-\x7e]{16,512}$/.test(token)) return token;
  throw usageError(`${context.tokenFile} holds no token`, [
    ['wanted', '16 to 512 printable characters on one line'],
  ]);
}
