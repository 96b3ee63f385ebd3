import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceKeyFile } from '@tieline/protocol';
import type { BenchSite } from './bench-site.ts';

/** Writes what an agent process is given at provisioning. @returns the path of its configuration */
export function writeAgentFiles(
  { identity, simulated, provisioned, site }: BenchSite,
  folder: string,
  ports: readonly number[],
  brokerUrl: string,
  token = 'x'.repeat(32),
): string {
  mkdirSync(folder, { recursive: true });
  const key = provisioned.agents.get(site);
  if (key === undefined) throw new Error('the site is provisioned');
  const secret = { mode: 0o600 };
  writeFileSync(join(folder, 'trust.cose'), provisioned.trustBytes);
  writeFileSync(join(folder, 'agent.key'), serviceKeyFile(site, key.seed), secret);
  writeFileSync(join(folder, 'token'), token, secret);
  const configuration = {
    deployment: identity.deployment,
    site,
    ratedImportKw: identity.ratedImportKw,
    trustFile: 'trust.cose',
    keyFile: 'agent.key',
    dataDir: 'data',
    broker: { url: brokerUrl, tokenFile: 'token' },
    devices: simulated.ratings.map((rating, at) => ({
      ...rating,
      host: '127.0.0.1',
      port: ports[at],
    })),
  };
  const path = join(folder, 'agent.json');
  writeFileSync(path, JSON.stringify(configuration));
  return path;
}
