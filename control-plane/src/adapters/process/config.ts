import { dirname, resolve } from 'node:path';
import { AssetId, DeploymentId, SiteId } from '@tieline/kernel';
import { z } from 'zod';
import { TELEMETRY_KEEP_DAYS } from '../../core/bounds.ts';
import { parseJson, readBytes } from './files.ts';

const Path = z.string().min(1).max(4_096);
const Port = z.int().min(0).max(65_535);

/** The one configuration of the process. Paths are relative to the file itself. */
export const Config = z.strictObject({
  deployment: DeploymentId,
  trustFile: Path,
  /** Service key files, each readable by its owner alone. */
  keys: z.strictObject({
    dispatch: Path,
    director: Path,
    time: Path,
    witness: Path,
    freshness: Path,
  }),
  dataDir: Path,
  http: z.strictObject({ host: z.string().min(1).max(253), port: Port }),
  broker: z.union([
    z.strictObject({
      embedded: z.strictObject({
        host: z.string().min(1).max(253),
        port: Port,
        /** Who may connect besides the control plane itself. */
        clientsFile: Path,
      }),
    }),
    z.strictObject({
      url: z.string().regex(/^mqtt:\/\/[^/]+$/, 'mqtt://host:port'),
      clientId: z.string().min(1).max(64),
      tokenFile: z.exactOptional(Path),
    }),
  ]),
  feeder: z.union([z.strictObject({ embedded: z.string() }), z.strictObject({ file: Path })]),
  sites: z
    .array(
      z.strictObject({
        site: SiteId,
        bus: z.string().min(1).max(64),
        /** The asset that is the site's own meter. */
        meter: AssetId.default('meter'),
      }),
    )
    .min(1)
    .max(256)
    .refine(
      (sites) => new Set(sites.map(({ site }) => site)).size === sites.length,
      'a site stands here twice',
    ),
  /** Measurements older than this many days are dropped. */
  telemetryKeepDays: z.int().min(1).max(3_650).default(TELEMETRY_KEEP_DAYS),
  /** Taken at start where it is newer than the one held. */
  policyFile: z.exactOptional(Path),
  /** For a simulated deployment only. */
  clock: z.exactOptional(
    z.strictObject({
      rate: z.number().positive().max(10_000),
      realOriginMs: z.int().min(0),
      simulatedOriginMs: z.int().min(0),
    }),
  ),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});
export type Config = z.output<typeof Config>;

export interface LoadedConfig {
  readonly config: Config;
  /** Resolves a path of the configuration. */
  readonly at: (path: string) => string;
}

/** @throws {StartError} config_unreadable | config_invalid with the place and the reason */
export function loadConfig(file: string): LoadedConfig {
  const text = Buffer.from(readBytes(file)).toString('utf8');
  const config = parseJson(file, text, Config);
  const base = dirname(resolve(file));
  return { config, at: (path) => resolve(base, path) };
}

const Token = z.string().min(32).max(256);

const BrokerClientsFile = z.strictObject({
  /** An agent's client id, its site and its topics are one name. */
  clients: z.array(z.strictObject({ site: SiteId, token: Token })).max(4_096),
  /** Who else may listen or speak, such as a historian, and to what: MQTT filters. Authority never comes from here. */
  others: z
    .array(
      z.strictObject({
        clientId: z.string().min(1).max(64),
        token: Token,
        publish: z.array(z.string().min(1).max(256)).max(64),
        subscribe: z.array(z.string().min(1).max(256)).max(64),
      }),
    )
    .max(256)
    .default([]),
});

export function parseBrokerClients(file: string, text: string) {
  return parseJson(file, text, BrokerClientsFile);
}
