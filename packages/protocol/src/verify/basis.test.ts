import { describe, expect, test } from 'vitest';
import type { Arrival } from './addressed.ts';
import type { CommandState, CommandTime } from './command-state.ts';
import { honest, outcome, verdict } from './fixture-command.ts';
import {
  command,
  keys,
  NOW_S,
  order,
  orderBasis,
  orderedCommand,
  plannedCommand,
  SESS,
  setpoint,
  signOrder,
  siteState,
} from './fixture-site.ts';

describe('step 14: the order', () => {
  const withOrder = (bytes: Uint8Array): Arrival => command(orderBasis(bytes));
  const ordered = (...given: Parameters<typeof order>): Arrival =>
    withOrder(signOrder(order(...given)));
  const critical = { class: 'critical' } as const;
  const tampered = signOrder(order());
  tampered[tampered.length - 1]! ^= 1;
  const assumed = (assumes: ReturnType<typeof order>['targets'][number]['assumes']): Arrival =>
    ordered([setpoint()], {}, { assumes });
  const twoPeople = [keys.alice, keys.bob];

  test.each<[string, string, Arrival, Partial<CommandState>?, CommandTime?]>([
    ['bytes that are no order', 'order_envelope_tag_wrong', withOrder(new Uint8Array([0]))],
    ['a changed signature', 'order_signature_wrong', withOrder(tampered)],
    [
      'someone who is no operator',
      'order_role_missing',
      withOrder(signOrder(order(), [keys.dispatch])),
    ],
    ['a stranger', 'order_key_unknown', withOrder(signOrder(order(), [keys.stranger]))],
    [
      'one person with two keys',
      'order_principal_doubled',
      withOrder(
        signOrder(order([setpoint()], critical, { sess: SESS }), [keys.alice, keys.aliceAgain]),
      ),
    ],
    [
      'too few people',
      'order_quorum_missed',
      withOrder(signOrder(order([setpoint()], critical, { sess: SESS }))),
    ],
    [
      'one of two without the right to it',
      'order_action_out_of_scope',
      withOrder(signOrder(order(), [keys.alice, keys.intern])),
    ],
    ['a newer policy', 'order_policy_newer', ordered([setpoint()], { policyVersionMin: 5 })],
    ['another site', 'order_not_for_site', ordered([setpoint()], {}, { site: 'site-2' })],
    [
      'the site twice',
      'order_not_for_site',
      ordered([setpoint()], { targets: [...order().targets, ...order().targets] }),
    ],
    ['other actions', 'basis_actions_differ', ordered([setpoint({ activePowerKw: 41 })])],
    ['one action more', 'basis_actions_differ', ordered([setpoint(), setpoint()])],
    [
      'not yet',
      'order_document_early',
      withOrder(signOrder(order(), [keys.alice], { nbf: NOW_S + 1 })),
    ],
    [
      'no longer',
      'order_document_expired',
      withOrder(signOrder(order(), [keys.alice], { exp: NOW_S - 1 })),
    ],
    [
      'a critical one without a boot',
      'order_session_missing',
      withOrder(signOrder(order([setpoint()], critical), twoPeople)),
    ],
    [
      'one for another boot',
      'order_session_other',
      ordered([setpoint()], {}, { sess: new Uint8Array(16) }),
    ],
    [
      'one without a boot under an untrusted clock',
      'order_session_missing',
      honest,
      {},
      { sessionMs: 0, wallS: null },
    ],
    [
      'import out of its range',
      'assumption_failed',
      assumed({ siteImportKw: { min: 81, max: 99 } }),
    ],
    [
      'import not measured',
      'assumption_unknown',
      assumed({ siteImportKw: { min: 0, max: 99 } }),
      { siteImportKw: null },
    ],
    [
      'too little charge',
      'assumption_failed',
      assumed({ stateOfChargeMin: [{ asset: 'battery-1', min: 0.61 }] }),
    ],
    [
      'charge of nothing known',
      'assumption_unknown',
      assumed({ stateOfChargeMin: [{ asset: 'battery-7', min: 0.1 }] }),
    ],
    ['other switching', 'assumption_failed', assumed({ topology: new Uint8Array(32) })],
    [
      'switching not known',
      'assumption_unknown',
      assumed({ topology: new Uint8Array(32) }),
      { topology: null },
    ],
  ])('%s: %s', (_name, expected, arrival, state, time) => {
    expect(verdict(arrival, state, time)).toBe(`14 ${expected} by author`);
  });

  test('a switch is never routine', () => {
    const open = {
      type: 'switch',
      asset: 'battery-1',
      position: 'open',
      startWithinMs: 0,
      validForMs: 1_000,
    } as const;
    expect(verdict(orderedCommand([open]))).toBe('14 order_class_too_low by author');
  });

  test('what was taken for granted and holds, lets it pass; so does a boot where no clock can judge', () => {
    const holds = assumed({
      siteImportKw: { min: 80, max: 80 },
      stateOfChargeMin: [{ asset: 'battery-1', min: 0.6 }],
      topology: new Uint8Array(32).fill(1),
    });
    expect(outcome(holds).outcome).toBe('new');
    const bound = withOrder(
      signOrder(order([setpoint()], {}, { sess: SESS }), [keys.alice], { exp: 1 }),
    );
    expect(outcome(bound, siteState(), { sessionMs: 0, wallS: null }).outcome).toBe('new');
  });

  test('a plan that is none, or that says something else', () => {
    const nonsense = { type: 'plan', plan: new Uint8Array([0xff]) } as const;
    expect(verdict(command(nonsense))).toBe('14 plan_malformed by author');
    const plan = plannedCommand([setpoint()], { body: { actions: [setpoint({ priority: 4 })] } });
    expect(verdict(plan)).toBe('14 basis_actions_differ by author');
  });
});
