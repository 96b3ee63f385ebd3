import { TielineError, toHex } from '@tieline/kernel';
import {
  KINDS,
  Order,
  openDocument,
  parseSign,
  scopeCoversAction,
  scopeCoversSite,
  typOf,
  VerifyError,
} from '@tieline/protocol';
import { CliError, EXIT, usageError } from '../exit.ts';
import type { OrderView } from '../text/order.ts';
import type { World } from '../world.ts';
import { readEnvelope } from './envelope-file.ts';
import { nameOf } from './files.ts';
import type { Judge } from './trust-file.ts';

/** The bytes of a signed order. */
export async function readOrderBytes(world: World, path: string): Promise<Uint8Array> {
  return await readEnvelope(world, path);
}

/** What an order says, as far as its bytes can be read. @throws {CliError} usage */
export function readOrder(path: string, bytes: Uint8Array): OrderView {
  try {
    const { header, payload, signatures } = parseSign(bytes);
    if (header.typ !== typOf(KINDS.order)) {
      throw usageError(`${nameOf(path)} is not an order`, [['typ', header.typ]]);
    }
    const signers = signatures.map((one) => ({ kid: toHex(one.header.kid), principal: null }));
    return { verified: false, order: Order.decode(payload), claims: header.claims, signers };
  } catch (thrown) {
    if (!(thrown instanceof TielineError)) throw thrown;
    throw usageError(`${nameOf(path)} is not an order`, [['reason', thrown.message]]);
  }
}

/**
 * What an order says, once everything that can be checked without its site is: signatures, roles, window, and that each
 * signer's scope holds each action. @throws {CliError} exit 4, or 1 for an order outside its window
 */
export function verifyOrder(path: string, bytes: Uint8Array, judge: Judge): OrderView {
  const wallS = Math.floor(judge.wallMs / 1_000);
  try {
    const opened = openDocument(KINDS.order, bytes, { trust: judge.trust, site: null, wallS });
    for (const { principal, scope } of opened.signers) {
      for (const { site, actions } of opened.body.targets) {
        const beyond = actions.find(({ type }) => !scopeCoversAction(scope, type, null));
        if (!scopeCoversSite(scope, site) || beyond !== undefined) {
          throw outOfScope(path, principal, site, beyond?.type);
        }
      }
    }
    return {
      verified: true,
      order: opened.body,
      claims: opened.claims,
      signers: opened.signers.map(({ kidText, principal }) => ({ kid: kidText, principal })),
    };
  } catch (thrown) {
    if (!(thrown instanceof VerifyError)) throw thrown;
    const { code, step, facts } = thrown.failure;
    // Step 11 is the window: rightly signed, and not to be used now.
    throw new CliError(step === 11 ? EXIT.failed : EXIT.signature, {
      code,
      what: step === 11 ? `${nameOf(path)} is outside its time` : `${nameOf(path)} is not verified`,
      facts: [
        ['finding', code.replaceAll('_', ' ')],
        ...Object.entries(facts).map(([name, fact]): [string, string] => [name, String(fact)]),
      ],
    });
  }
}

function outOfScope(path: string, principal: string, site: string, action?: string): CliError {
  return new CliError(EXIT.signature, {
    code: 'scope_exceeded',
    what: `${nameOf(path)} is beyond the scope of ${principal}`,
    facts: [['site', site], ...(action === undefined ? [] : [['action', action] as const])],
  });
}
