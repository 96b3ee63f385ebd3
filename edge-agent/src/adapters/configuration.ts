import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DeploymentId, messageOf, SiteId, TielineError, toHex } from '@tieline/kernel';
import {
  type HeldKey,
  openServiceKeyFile,
  openTrust,
  scopeCoversSite,
  type Trust,
} from '@tieline/protocol';
import { z } from 'zod';
import { ModbusDeviceConfig } from './modbus/device-config.ts';

export type ConfigurationFailure = {
  readonly code: 'configuration_wrong';
  readonly place: string;
  readonly reason: string;
};
export class ConfigurationError extends TielineError<ConfigurationFailure> {
  constructor(place: string, reason: string) {
    super({ code: 'configuration_wrong', place, reason }, `${place}: ${reason}`);
  }
}

const FILE_BYTES_MAX = 262_144;
/** Devices of one site: a snapshot of its control law fits an audit record. */
export const DEVICES_MAX = 32;

/** Everything that an agent process is told. Paths are relative to the file. */
export const AgentConfiguration = z.strictObject({
  deployment: DeploymentId,
  site: SiteId,
  /** The import that the site's connection is made for, kW. */
  ratedImportKw: z.number().positive().max(100_000),
  /** The deployment's first trust document, handed over at provisioning. */
  trustFile: z.string(),
  /** The agent's own signing key; mode 0600. */
  keyFile: z.string(),
  dataDir: z.string(),
  broker: z.strictObject({
    url: z.string().refine(isMqttUrl, 'mqtt://host:port'),
    /** Holds the client's token; mode 0600. */
    tokenFile: z.exactOptional(z.string()),
    /** Longest wait between two attempts to connect, ms. */
    reconnectMaxMs: z.int().min(100).max(300_000).default(300_000),
  }),
  devices: z
    .array(ModbusDeviceConfig)
    .min(1)
    .max(DEVICES_MAX)
    .refine(
      (devices) => devices.filter((device) => device.kind === 'meter').length === 1,
      'a site has exactly one meter',
    )
    .refine(
      (devices) => new Set(devices.map((device) => device.asset)).size === devices.length,
      'two devices have the same asset',
    ),
  /** A sped-up clock, for live simulation: refused unless the trust document says `simulated`. */
  clock: z.exactOptional(
    z.strictObject({
      rate: z.number().min(0.1).max(1_000),
      realOriginMs: z.number().positive(),
      simulatedOriginMs: z.number().positive(),
      /** How far the wall clock is off, simulated ms. */
      wallOffsetMs: z.int().default(0),
    }),
  ),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});
export type AgentConfiguration = z.output<typeof AgentConfiguration>;

export interface Provisioned {
  readonly configuration: AgentConfiguration;
  readonly trust: Trust;
  readonly key: HeldKey;
  readonly token: string | null;
}

/** Reads the configuration and all that it names. @throws {ConfigurationError} with the place and the reason */
export function readConfiguration(file: string): Provisioned {
  const configuration = parseConfiguration(file);
  const at = (path: string): string => resolve(dirname(file), path);
  const trust = step('trustFile', () => openTrust(readBounded(at(configuration.trustFile))));
  const key = step('keyFile', () => openServiceKeyFile(readSecret(at(configuration.keyFile))));
  const { tokenFile } = configuration.broker;
  const token =
    tokenFile === undefined
      ? null
      : step('broker.tokenFile', () => readSecret(at(tokenFile)).trim());
  if (trust.document.deployment !== configuration.deployment) {
    throw new ConfigurationError(
      'deployment',
      `the trust document is of ${trust.document.deployment}`,
    );
  }
  if (configuration.clock !== undefined && trust.document.world !== 'simulated') {
    throw new ConfigurationError('clock', 'a real deployment runs on real time only');
  }
  assertOwnKey(trust, key, configuration.site);
  const dataDir = at(configuration.dataDir);
  return { configuration: { ...configuration, dataDir }, trust, key, token };
}

/** Nobody would believe an agent whose key the trust document does not bind to its site. */
function assertOwnKey(trust: Trust, key: HeldKey, site: string): void {
  const stated = trust.keys.get(toHex(key.signer.kid));
  if (stated?.roles.has('agent') && scopeCoversSite(stated.scope, site)) return;
  const reason = `the trust document does not name ${key.principal}'s key as the agent of ${site}`;
  throw new ConfigurationError('keyFile', reason);
}

function parseConfiguration(file: string): AgentConfiguration {
  const text = step(file, () => Buffer.from(readBounded(file)).toString('utf8'));
  const value = step(file, () => JSON.parse(text) as unknown);
  const parsed = AgentConfiguration.safeParse(value);
  if (parsed.success) return parsed.data;
  // All of them: a misspelt key is both one that is missing and one that is unknown.
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || '(whole)'}: ${message}`,
  );
  throw new ConfigurationError(file, problems.join('; '));
}

function isMqttUrl(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'mqtt:' && url.hostname !== '';
}

function step<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof ConfigurationError) throw thrown;
    throw new ConfigurationError(place, messageOf(thrown));
  }
}

function readBounded(path: string): Uint8Array {
  const { size } = statSync(path);
  if (size > FILE_BYTES_MAX) throw new Error(`${size} bytes, at most ${FILE_BYTES_MAX}`);
  return new Uint8Array(readFileSync(path));
}

/** A secret that others can read is no secret. */
function readSecret(path: string): string {
  const { mode } = statSync(path);
  if ((mode & 0o077) !== 0) {
    throw new Error(`mode ${(mode & 0o777).toString(8)}, must be 600: others can read it`);
  }
  return Buffer.from(readBounded(path)).toString('utf8');
}
