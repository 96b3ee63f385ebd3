import { scrypt } from '@noble/hashes/scrypt.js';
import { assert, fromHex, type RandomStream, TielineError, toHex } from '@tieline/kernel';
import nacl from 'tweetnacl';
import { z } from 'zod';
import { CborError, decodeCbor, encodeCbor } from '../cbor/codec.ts';
import { SEED_BYTES } from './digest.ts';
import { naclSigner } from './nacl-ed25519.ts';
import { nodeSigner } from './node-ed25519.ts';
import type { Signer } from './port.ts';

export type KeyFileFailure =
  | { readonly code: 'key_file_malformed'; readonly place: string; readonly reason: string }
  | { readonly code: 'key_file_passphrase_wrong' }
  | { readonly code: 'key_file_contradicts_itself'; readonly place: string };
export class KeyFileError extends TielineError<KeyFileFailure> {}

/** Who holds the key: a person's or a process's name, as the trust document spells it. */
export const Principal = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.@-]{0,63}$/, "principal: 1 to 64 of a-z, 0-9, '.', '@' and '-'");
export type Principal = z.output<typeof Principal>;

const hexOf = (byteCount: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${byteCount * 2}}$`), `${byteCount} bytes of hex`);
const isPowerOfTwo = (value: number): boolean => Number.isInteger(Math.log2(value));
/** A file from elsewhere can ask for 256 MiB at most: N·r·128 bytes are needed. */
const ScryptCost = z.strictObject({
  N: z
    .int()
    .min(2 ** 14)
    .max(2 ** 18)
    .refine(isPowerOfTwo, 'a power of two'),
  r: z.literal(8),
  p: z.int().min(1).max(4),
});
export type ScryptCost = z.output<typeof ScryptCost>;
/** 128 MiB and about a second for each guess. */
const SCRYPT_COST: ScryptCost = { N: 2 ** 17, r: 8, p: 1 };

const identity = { principal: Principal, kid: hexOf(16), publicKey: hexOf(32) };
const SealedKeyFile = z.strictObject({
  schema: z.literal('tieline.key/1'),
  ...identity,
  scrypt: z.strictObject({ ...ScryptCost.shape, salt: hexOf(32) }),
  nonce: hexOf(nacl.secretbox.nonceLength),
  /** secretbox over CBOR of principal and seed: the name is authenticated together with the secret. */
  sealed: z.string().regex(/^([0-9a-f]{2}){64,256}$/, 'hex'),
});
const ServiceKeyFile = z.strictObject({
  schema: z.literal('tieline.service-key/1'),
  ...identity,
  seed: hexOf(SEED_BYTES),
});
const SealedContent = z.strictObject({
  principal: Principal,
  seed: z.instanceof(Uint8Array).refine((seed) => seed.length === SEED_BYTES, '32 bytes'),
});

/** A key together with the name of its holder. */
export interface HeldKey {
  readonly principal: Principal;
  readonly signer: Signer;
}

/** Facts that any reader may have without the passphrase. `kid` and `publicKey` are hex. */
export type KeyFileIdentity = Readonly<{ principal: Principal; kid: string; publicKey: string }>;

/**
 * A person's key file, as JSON text: the seed sealed by a passphrase (scrypt, then XSalsa20-Poly1305).
 * @param random  cryptographic: salt and nonce are drawn from it
 */
export function sealKeyFile(
  key: { readonly principal: Principal; readonly seed: Uint8Array },
  passphrase: string,
  random: RandomStream,
  cost: ScryptCost = SCRYPT_COST,
): string {
  const salt = random.bytes(32);
  const nonce = random.bytes(nacl.secretbox.nonceLength);
  const content = encodeCbor({ principal: Principal.parse(key.principal), seed: key.seed });
  const sealed = nacl.secretbox(content, nonce, sealingKey(passphrase, salt, cost));
  return fileText({
    schema: 'tieline.key/1',
    ...identityOf(key.principal, naclSigner(key.seed)),
    scrypt: { ...cost, salt: toHex(salt) },
    nonce: toHex(nonce),
    sealed: toHex(sealed),
  });
}

/**
 * Opens what `sealKeyFile` made; signs with tweetnacl.
 * @throws {KeyFileError} key_file_malformed | key_file_passphrase_wrong | key_file_contradicts_itself
 */
export function openKeyFile(text: string, passphrase: string): HeldKey {
  const file = parseFile(SealedKeyFile, text);
  const key = sealingKey(passphrase, unhex(file.scrypt.salt), file.scrypt);
  const content = nacl.secretbox.open(unhex(file.sealed), unhex(file.nonce), key);
  if (content === null) throw new KeyFileError({ code: 'key_file_passphrase_wrong' });
  const { principal, seed } = openedContent(content);
  const signer = naclSigner(seed);
  agree(file, identityOf(principal, signer));
  return { principal, signer };
}

/** The key file of an agent or of the control plane: unsealed, so its process insists on mode 0600. */
export function serviceKeyFile(principal: Principal, seed: Uint8Array): string {
  const identity = identityOf(Principal.parse(principal), nodeSigner(seed));
  return fileText({ schema: 'tieline.service-key/1', ...identity, seed: toHex(seed) });
}

/** @throws {KeyFileError} key_file_malformed | key_file_contradicts_itself */
export function openServiceKeyFile(text: string): HeldKey {
  const file = parseFile(ServiceKeyFile, text);
  const signer = nodeSigner(unhex(file.seed));
  agree(file, identityOf(file.principal, signer));
  return { principal: file.principal, signer };
}

/** Whose key a file of either form holds. @throws {KeyFileError} key_file_malformed */
export function keyFileIdentity(text: string): KeyFileIdentity {
  const { principal, kid, publicKey } = parseFile(
    z.discriminatedUnion('schema', [SealedKeyFile, ServiceKeyFile]),
    text,
  );
  return { principal, kid, publicKey };
}

function sealingKey(passphrase: string, salt: Uint8Array, { N, r, p }: ScryptCost): Uint8Array {
  // The same passphrase typed on two keyboards may be composed differently.
  return scrypt(passphrase.normalize('NFKC'), salt, { N, r, p, dkLen: nacl.secretbox.keyLength });
}

function identityOf(principal: Principal, signer: Signer): KeyFileIdentity {
  return { principal, kid: toHex(signer.kid), publicKey: toHex(signer.publicKey) };
}

/** What a file says openly must be what the secret says: else it would be registered under a wrong name. */
function agree(file: KeyFileIdentity, secret: KeyFileIdentity): void {
  for (const place of ['principal', 'kid', 'publicKey'] as const) {
    if (file[place] !== secret[place]) {
      throw new KeyFileError({ code: 'key_file_contradicts_itself', place });
    }
  }
}

function openedContent(content: Uint8Array): z.output<typeof SealedContent> {
  try {
    return SealedContent.parse(decodeCbor(content));
  } catch (thrown) {
    if (!(thrown instanceof CborError || thrown instanceof z.ZodError)) throw thrown;
    throw malformed('sealed', 'does not hold a principal and a seed');
  }
}

function parseFile<Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw malformed('(whole)', 'not JSON');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw malformed(issue?.path.join('.') || '(whole)', issue?.message ?? 'does not fit its shape');
}

function malformed(place: string, reason: string): KeyFileError {
  return new KeyFileError({ code: 'key_file_malformed', place, reason });
}

function unhex(text: string): Uint8Array {
  const bytes = fromHex(text);
  assert(bytes !== null, 'the schema admitted hex only');
  return bytes;
}

function fileText(file: object): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}
