import { TielineError, toHex } from '@tieline/kernel';
import {
  cborDiagnostic,
  cborDiagnosticOrHex,
  jsonable,
  parseSign,
  parseSign1,
} from '@tieline/protocol';
import { EXIT, usageError } from '../exit.ts';
import { readEnvelope } from '../input/envelope-file.ts';
import { nameOf } from '../input/files.ts';
import type { envelopeShow } from '../table/envelope.ts';
import type { Verb } from '../table/spec.ts';
import { layoutFacts } from '../text/layout.ts';
import { printJson } from '../text/print.ts';

/** What of a message can be told apart; `other` is any CBOR that is no envelope of this protocol. */
interface Shown {
  readonly form: 'COSE_Sign1' | 'COSE_Sign' | 'other';
  readonly typ?: string;
  readonly kids?: readonly string[];
  readonly claims?: unknown;
  readonly payload?: string;
}

export const run: Verb<typeof envelopeShow> = async ({ operands, global, world }) => {
  const bytes = await readEnvelope(world, operands.file);
  const whole = diagnosticOf(nameOf(operands.file), bytes);
  const shown = takeApart(bytes);
  if (global.json) {
    printJson(world, { schema: 'tieline.envelope/1', ...shown, diagnostic: whole });
    return EXIT.ok;
  }
  const facts: [string, string][] = [
    ['form', `${shown.form}, ${bytes.length} bytes, not verified`],
  ];
  if (shown.typ !== undefined) facts.push(['typ', shown.typ]);
  for (const kid of shown.kids ?? []) facts.push(['signed by', `key ${kid}`]);
  if (shown.claims !== undefined) facts.push(['claims', JSON.stringify(shown.claims)]);
  facts.push(shown.payload === undefined ? ['content', whole] : ['payload', shown.payload]);
  world.stdout.write(layoutFacts(facts, world.stdout.colour));
  return EXIT.ok;
};

function diagnosticOf(name: string, bytes: Uint8Array): string {
  try {
    return cborDiagnostic(bytes);
  } catch (thrown) {
    if (!(thrown instanceof TielineError)) throw thrown;
    throw usageError(`${name} is not CBOR`, [['reason', thrown.message]]);
  }
}

function takeApart(bytes: Uint8Array): Shown {
  return attempt(() => sign1Parts(bytes)) ?? attempt(() => signParts(bytes)) ?? { form: 'other' };
}

function sign1Parts(bytes: Uint8Array): Shown {
  const { header, payload } = parseSign1(bytes);
  return {
    form: 'COSE_Sign1',
    typ: header.typ,
    kids: [toHex(header.kid)],
    claims: jsonable(header.claims),
    payload: cborDiagnosticOrHex(payload),
  };
}

function signParts(bytes: Uint8Array): Shown {
  const { header, payload, signatures } = parseSign(bytes);
  return {
    form: 'COSE_Sign',
    typ: header.typ,
    kids: signatures.map((one) => toHex(one.header.kid)),
    claims: jsonable(header.claims),
    payload: cborDiagnosticOrHex(payload),
  };
}

function attempt(step: () => Shown): Shown | null {
  try {
    return step();
  } catch (thrown) {
    if (thrown instanceof TielineError) return null;
    throw thrown;
  }
}
