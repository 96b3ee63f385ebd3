import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRng } from '@tieline/kernel';
import { type HeldKey, nodeSigner, serviceKeyFile, signTrust } from '@tieline/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { ConfigurationError, readConfiguration } from './configuration.ts';

const seeds = seededRng(5).stream('seeds');
const seedOf = { root: seeds.bytes(32), agent: seeds.bytes(32) };
const root: HeldKey = { principal: 'root-1', signer: nodeSigner(seedOf.root) };
const agent: HeldKey = { principal: 'site-1', signer: nodeSigner(seedOf.agent) };

function trustBytes(world: 'real' | 'simulated'): Uint8Array {
  const key = ({ principal, signer }: HeldKey, role: 'root' | 'agent', sites: '*' | string[]) => ({
    kid: signer.kid,
    publicKey: signer.publicKey,
    principal,
    roles: [role],
    scope: { sites, actions: '*' as const },
  });
  return signTrust(
    {
      version: 1,
      deployment: 'test',
      world,
      issuedAt: 1_000,
      expires: 2_000_000_000,
      keys: [key(root, 'root', '*'), key(agent, 'agent', ['site-1'])],
      thresholds: {},
    },
    [root],
  );
}

const meter = { asset: 'meter', kind: 'meter', host: '127.0.0.1', port: 502 };
const configuration = {
  deployment: 'test',
  site: 'site-1',
  ratedImportKw: 100,
  trustFile: 'trust.cose',
  keyFile: 'agent.key.json',
  dataDir: 'data',
  broker: { url: 'mqtt://127.0.0.1:1883' },
  devices: [meter],
};
const simulatedClock = { rate: 30, realOriginMs: 1_000, simulatedOriginMs: 1_000 };

interface Files {
  readonly content?: unknown;
  readonly world?: 'real' | 'simulated';
  readonly trust?: Uint8Array | null;
  readonly keyMode?: number;
}

function read(files: Files = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'tieline-configuration-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const { content = configuration, world = 'real', trust = trustBytes(world) } = files;
  const file = join(directory, 'agent.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  if (trust !== null) writeFileSync(join(directory, 'trust.cose'), trust);
  const keyFile = join(directory, 'agent.key.json');
  writeFileSync(keyFile, serviceKeyFile('site-1', seedOf.agent));
  chmodSync(keyFile, files.keyMode ?? 0o600);
  return readConfiguration(file);
}

test('a whole configuration is read with its trust document and its key', () => {
  const { configuration: given, trust, key } = read();
  expect(given.site).toBe('site-1');
  expect(trust.document.deployment).toBe('test');
  expect(key.principal).toBe('site-1');
});

const wrong: readonly [string, Files, RegExp][] = [
  ['is not JSON', { content: '{ "site": ' }, /agent\.json.*JSON/],
  ['is too large', { content: ' '.repeat(300_000) }, /agent\.json.*bytes/],
  ['has an unknown key', { content: { ...configuration, brokr: 1 } }, /agent\.json.*brokr/],
  [
    'has a power that cannot be',
    { content: { ...configuration, ratedImportKw: -5 } },
    /ratedImportKw/,
  ],
  [
    'misspells a key',
    { content: { ...configuration, dataDir: undefined, datadir: 'data' } },
    /agent\.json: dataDir: .*datadir/,
  ],
  [
    'names a broker that does not speak MQTT',
    { content: { ...configuration, broker: { url: 'http://127.0.0.1:1883' } } },
    /agent\.json: broker\.url: mqtt:\/\/host:port/,
  ],
  [
    'names a port that there is not',
    { content: { ...configuration, broker: { url: 'mqtt://127.0.0.1:99999' } } },
    /agent\.json: broker\.url: mqtt:\/\/host:port/,
  ],
  ['has no meter', { content: { ...configuration, devices: [] } }, /devices/],
  [
    'has two meters',
    { content: { ...configuration, devices: [meter, { ...meter, asset: 'm2' }] } },
    /exactly one meter/,
  ],
  [
    'names an asset twice',
    { content: { ...configuration, devices: [meter, { ...meter, kind: 'load' }] } },
    /same asset/,
  ],
  ['comes without a trust document', { trust: null }, /trustFile.*no such file/],
  [
    'comes with a damaged trust document',
    { trust: trustBytes('real').subarray(0, 200) },
    /trustFile/,
  ],
  ['comes with a key that others can read', { keyMode: 0o644 }, /keyFile.*644.*600/],
  [
    'is of another deployment',
    { content: { ...configuration, deployment: 'other' } },
    /deployment.*test/,
  ],
];

test.each(wrong)(
  'a configuration that %s is refused, with the place and the reason',
  (_what, files, says) => {
    const attempt = () => read(files);
    expect(attempt).toThrow(ConfigurationError);
    expect(attempt).toThrow(says);
  },
);

test('a real deployment refuses a sped-up clock; a simulated one takes it', () => {
  const content = { ...configuration, clock: simulatedClock };
  expect(() => read({ content, world: 'real' })).toThrow(/clock.*real time/);
  expect(read({ content, world: 'simulated' }).configuration.clock).toMatchObject(simulatedClock);
});
