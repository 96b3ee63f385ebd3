import { toHex } from '@tieline/kernel';
import type { Claims, Order } from '@tieline/protocol';
import { jsonable } from '@tieline/protocol';
import { actionInWords } from './action-words.ts';
import { instant, kilowatts } from './humane.ts';
import type { Answer } from './print.ts';

/** An order, and how much of it is known to be said by whom it says. */
export interface OrderView {
  readonly verified: boolean;
  readonly order: Order;
  readonly claims: Claims;
  /** `principal` is null where nothing was verified: a key id alone names nobody. */
  readonly signers: readonly { readonly kid: string; readonly principal: string | null }[];
}

/** What people read before they sign, and after. */
export function orderFacts(view: OrderView): readonly (readonly [string, string])[] {
  const { order, claims } = view;
  const facts: [string, string][] = [
    ['order', `${toHex(order.id)}, ${order.class}`],
    ['reason', order.reason],
    ['begins', `from ${instantOf(claims.nbf)} to ${instantOf(claims.exp)}`],
  ];
  if (order.policyVersionMin > 0)
    facts.push(['policy', `version ${order.policyVersionMin} or later`]);
  if (order.preview !== undefined) facts.push(['preview', toHex(order.preview)]);
  for (const target of order.targets) {
    for (const action of target.actions) facts.push([target.site, actionInWords(action)]);
    for (const words of assumptionsInWords(target.assumes)) facts.push(['  assumes', words]);
    if (target.sess !== undefined) facts.push(['  only in', `session ${toHex(target.sess)}`]);
  }
  return facts;
}

export function signerFacts(view: OrderView): readonly (readonly [string, string])[] {
  return view.signers.map(({ kid, principal }) => [
    'signed by',
    principal === null ? `key ${kid}, not verified` : `✓ ${principal}, key ${kid}`,
  ]);
}

/** `tieline.order/1`: ids and digests in hex, instants in ISO 8601. */
export function orderJson(view: OrderView, more: Readonly<Record<string, unknown>> = {}): Answer {
  const { id, ...body } = view.order;
  return {
    schema: 'tieline.order/1',
    id: toHex(id),
    verified: view.verified,
    signers: view.signers,
    notBefore: instantOf(view.claims.nbf),
    notAfter: instantOf(view.claims.exp),
    ...Object.fromEntries(Object.entries(body).map(([name, value]) => [name, jsonable(value)])),
    ...more,
  };
}

function instantOf(seconds: number | undefined): string {
  return seconds === undefined ? '(not stated)' : instant(seconds * 1_000);
}

function assumptionsInWords(assumes: Order['targets'][number]['assumes']): readonly string[] {
  const words: string[] = [];
  if (assumes.siteImportKw !== undefined) {
    const { min, max } = assumes.siteImportKw;
    words.push(`the site imports ${kilowatts(min)} to ${kilowatts(max)}`);
  }
  for (const { asset, min } of assumes.stateOfChargeMin ?? []) {
    words.push(`${asset} is charged to ${Math.round(min * 100)} % or more`);
  }
  if (assumes.topology !== undefined) words.push(`switching state ${toHex(assumes.topology)}`);
  return words;
}
