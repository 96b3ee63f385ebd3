import { fileURLToPath } from 'node:url';

/** Beside the packages: whoever can write there can change the code itself. */
const CACHE = fileURLToPath(new URL('../../../../node_modules/.cache/tieline', import.meta.url));

/**
 * The environment of a process that is started from its TypeScript. Node keeps what it makes of each source file
 * in a cache: the second start takes a third of the time, and without the compiler of types in it, the
 * process and each of its workers are some 18 MB smaller. Certificates that the machine adds to Node's own are
 * left out, for reading them costs every start 60 ms and nothing here speaks TLS through them.
 */
export function sourceEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: _, ...others } = env;
  return { NODE_COMPILE_CACHE: CACHE, ...others };
}
