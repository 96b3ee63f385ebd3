import { KINDS, type Order, sealDocument } from '@tieline/protocol';
import { EXIT, usageError } from '../exit.ts';
import { assertAgreed } from '../input/agreement.ts';
import { type Draft, readDraft } from '../input/draft.ts';
import { openKey } from '../input/key-file.ts';
import { verifyOrder } from '../input/order-file.ts';
import { assertMaySign, type Judge, readTrust } from '../input/trust-file.ts';
import type { orderSign } from '../table/order.ts';
import type { Verb } from '../table/spec.ts';
import { layoutFacts } from '../text/layout.ts';
import { orderFacts, orderJson, signerFacts } from '../text/order.ts';
import { printJson } from '../text/print.ts';
import type { World } from '../world.ts';

const ORDER_FILE_MODE = 0o644;
/** The clocks of operators and of sites differ a little: an order must not be early by that. */
const CLOCK_GRACE_S = 60;

export const run: Verb<typeof orderSign> = async ({ flags, global, world }) => {
  if (await world.exists(flags.out)) {
    throw usageError(`${flags.out} exists already, and nothing is overwritten`);
  }
  const judge = await readTrust(world, global, flags.trust);
  const draft = await readDraft(world, flags, global.site, judge.wallMs);
  const { order, claims } = await draw(world, draft, judge);
  const key = await openKey(world, flags.key, flags['passphrase-file']);
  assertMaySign(judge, key.signer.kid, 'operator');
  const unsigned = { verified: false, order, claims, signers: [] };
  if (!(global.quiet && global.yes)) {
    const facts = [['signing as', key.principal] as const, ...orderFacts(unsigned)];
    world.stderr.write(layoutFacts(facts, world.stderr.colour));
  }
  await assertAgreed(world, global, 'Sign this order?');
  const bytes = sealDocument(KINDS.order, order, judge.trust.anchor, [key], claims);
  // What was just signed is judged as any reader will: a scope that does not hold shows here, not at the site.
  const view = verifyOrder('The order', bytes, judge);
  await world.create(flags.out, [bytes], ORDER_FILE_MODE);
  if (global.json) printJson(world, orderJson(view, { file: flags.out }));
  else {
    const written = [...signerFacts(view), ['written', flags.out] as const];
    world.stdout.write(layoutFacts(written, world.stdout.colour));
  }
  return EXIT.ok;
};

interface Drawn {
  readonly order: Order;
  readonly claims: { readonly iat: number; readonly nbf: number; readonly exp: number };
}

async function draw(world: World, draft: Draft, judge: Judge): Promise<Drawn> {
  const { notBefore, notAfter, ...body } = draft;
  const nowS = Math.floor(judge.wallMs / 1_000);
  const seconds = (text: string): number => Math.floor(Date.parse(text) / 1_000);
  const exp = notAfter === undefined ? nowS : seconds(notAfter);
  if (exp <= nowS) throw usageError('The order would be over before it is signed');
  const id = (await world.rng()).stream('order-id').bytes(16);
  const nbf = notBefore === undefined ? nowS - CLOCK_GRACE_S : seconds(notBefore);
  return { order: { id, ...body }, claims: { iat: nowS, nbf, exp } };
}
