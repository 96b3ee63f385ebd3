import { CliError, EXIT, usageError } from '../exit.ts';
import type { HttpAnswer, HttpRequest } from '../world.ts';

/** One request; nobody is followed elsewhere, because the token would go along. */
export async function sendRequest(
  request: HttpRequest,
  interrupted: AbortSignal,
): Promise<HttpAnswer> {
  const late = new AbortController();
  const stop = [interrupted, late.signal, ...(request.signal ? [request.signal] : [])];
  const timer = setTimeout(() => late.abort(), request.timeoutMs);
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (thrown) {
      clearTimeout(timer);
      throw interrupted.aborted || request.signal?.aborted || thrown instanceof CliError
        ? thrown
        : unreachable(request, thrown, late.signal.aborted);
    }
  };
  const response = await guarded(() =>
    fetch(request.url, {
      method: request.method,
      headers: {
        ...request.headers,
        ...(request.body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
      redirect: 'error',
      signal: AbortSignal.any(stop),
    }),
  );
  return {
    status: response.status,
    bytes: (bytesMax) =>
      guarded(async () => {
        const bytes = await collect(response, request.url, bytesMax);
        clearTimeout(timer);
        return bytes;
      }),
    chunks: async function* () {
      clearTimeout(timer);
      if (response.body === null) return;
      const reader = response.body.getReader();
      try {
        for (;;) {
          const { done, value } = await guarded(() => reader.read());
          if (done) return;
          yield value;
        }
      } finally {
        await reader.cancel().catch(() => undefined);
      }
    },
  };
}

async function collect(response: Response, url: string, bytesMax: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > bytesMax) {
      throw usageError(`The answer of ${url} is too large`, [['limit', `${bytesMax} bytes`]]);
    }
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts, bytes));
}

/** Nobody answered: a request that changes something may or may not have been carried out. */
function unreachable(request: HttpRequest, thrown: unknown, timedOut: boolean): CliError {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const detail = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const { origin } = new URL(request.url);
  const reason = timedOut
    ? `no answer within ${request.timeoutMs} ms`
    : detail || (cause instanceof Error ? cause.message : String(cause));
  // A refused connection is the one case in which nothing can have arrived.
  const effect: readonly [string, string][] =
    request.method === 'GET' || detail === 'ECONNREFUSED'
      ? []
      : [['effect', 'unknown: the request may have been carried out']];
  return new CliError(EXIT.unknown, {
    code: 'unreachable',
    what: `The control plane at ${origin} does not answer`,
    facts: [['reason', reason], ...effect],
  });
}
