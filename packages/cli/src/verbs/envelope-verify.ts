import { TielineError, toHex } from '@tieline/kernel';
import {
  ALG_ED25519,
  ALG_EDDSA,
  assertPublicKeySound,
  cborDiagnosticOrHex,
  type ForeignSign1Report,
  kidOf,
  nodeVerifier,
  PublicKeyError,
  type Verifier,
  verifyForeignSign1,
} from '@tieline/protocol';
import { CliError, EXIT, usageError } from '../exit.ts';
import { hexFlag, readEnvelope } from '../input/envelope-file.ts';
import { nameOf } from '../input/files.ts';
import type { envelopeVerify } from '../table/envelope.ts';
import type { Verb } from '../table/spec.ts';
import { layoutFacts } from '../text/layout.ts';
import { printJson } from '../text/print.ts';
import type { World } from '../world.ts';

const KEY_BYTES = 32;

export const run: Verb<typeof envelopeVerify> = async ({ flags, operands, global, world }) => {
  const verifier = verifierOf(hexFlag('--key', flags.key, KEY_BYTES));
  const alg = algOf(flags.alg);
  const aad = hexFlag('--aad', flags.aad ?? '');
  const bytes = await readEnvelope(world, operands.file);
  const name = nameOf(operands.file);
  const report = verify(name, bytes, verifier, alg, aad);
  printReport(world, report, verifier, global.json);
  if (report.verified) return EXIT.ok;
  throw notVerified(
    name,
    report.reason ?? 'signature_wrong',
    REASONS[report.reason ?? 'signature_wrong'],
  );
};

function verifierOf(publicKey: Uint8Array): Verifier {
  try {
    assertPublicKeySound(publicKey);
  } catch (thrown) {
    if (!(thrown instanceof PublicKeyError)) throw thrown;
    const { code, fault } = thrown.failure;
    throw new CliError(EXIT.signature, {
      code,
      what: 'The public key is unsound',
      facts: [['fault', fault.replaceAll('_', ' ')]],
    });
  }
  return nodeVerifier(publicKey);
}

function algOf(text: string | undefined): number {
  if (text === undefined) return ALG_ED25519;
  const known = [ALG_ED25519, ALG_EDDSA].find((alg) => String(alg) === text);
  if (known === undefined) throw usageError(`--alg '${text}' is neither -19 nor -8`);
  return known;
}

/** Bytes that are no COSE_Sign1 at all are not verified either: exit 4, as for a flipped bit. */
function verify(
  name: string,
  bytes: Uint8Array,
  verifier: Verifier,
  alg: number,
  aad: Uint8Array,
): ForeignSign1Report {
  try {
    return verifyForeignSign1(bytes, verifier, alg, aad);
  } catch (thrown) {
    if (!(thrown instanceof TielineError)) throw thrown;
    throw notVerified(name, thrown.code, thrown.message);
  }
}

const REASONS: Readonly<Record<NonNullable<ForeignSign1Report['reason']>, string>> = {
  alg_missing: 'the protected header names no algorithm',
  alg_other: 'the protected header names another algorithm than --alg',
  critical_header: 'it has critical headers (crit), which are not understood here',
  signature_wrong: 'the signature is not by this key over these bytes',
};

function notVerified(name: string, code: string, reason: string): CliError {
  return new CliError(EXIT.signature, {
    code,
    what: `${name} is not verified`,
    facts: [['reason', reason]],
  });
}

function printReport(
  world: World,
  report: ForeignSign1Report,
  verifier: Verifier,
  asJson: boolean,
): void {
  const payload = cborDiagnosticOrHex(report.payload);
  const kid = toHex(kidOf(verifier.publicKey));
  if (asJson) {
    printJson(world, {
      schema: 'tieline.envelope-verified/1',
      verified: report.verified,
      reason: report.reason,
      alg: report.alg,
      kid,
      protected: report.protectedHeader,
      unprotected: report.unprotectedHeader,
      payload,
      payloadHex: toHex(report.payload),
    });
    return;
  }
  const facts = [
    [
      'verified',
      report.verified ? `✓ by key ${kid}` : '✗ NO: whatever it says, nobody known has said it',
    ],
    ['protected', report.protectedHeader],
    ['unprotected', report.unprotectedHeader],
    ['payload', payload],
  ] as const;
  world.stdout.write(layoutFacts(facts, world.stdout.colour));
}
