import type { AddressInfo } from 'node:net';
import { isIPv4 } from 'node:net';
import type { App } from '../http/app.ts';
import { StartError } from './failure.ts';

/**
 * Begins to serve, on the loopback interface alone: the token would cross any other in clear.
 * @returns the server's own URL
 * @throws {StartError} http_not_loopback
 */
export async function listenOnLoopback(app: App, host: string, port: number): Promise<string> {
  if (host !== '::1' && !(isIPv4(host) && host.startsWith('127.'))) {
    throw new StartError(
      { code: 'http_not_loopback', host },
      `without TLS the HTTP API serves 127.0.0.1 or ::1 alone, not '${host}'`,
    );
  }
  await app.listen({ host, port });
  const address = app.server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}
