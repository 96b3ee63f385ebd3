import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';

/** As CI servers show what a job leaves. */
export const POLICY = "default-src 'none'; style-src 'self'";

const TYPES: Readonly<Record<string, string>> = { html: 'text/html', css: 'text/css' };

export interface ReportServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves a folder of reports on this machine, under the policy of a CI server. */
export async function serveReports(folder: string): Promise<ReportServer> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
    const type = TYPES[path.split('.').at(-1) ?? ''];
    if (type === undefined) {
      response.writeHead(204).end();
      return;
    }
    response.writeHead(200, {
      'content-type': `${type}; charset=utf-8`,
      'content-security-policy': POLICY,
    });
    response.end(readFileSync(join(folder, path)));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
