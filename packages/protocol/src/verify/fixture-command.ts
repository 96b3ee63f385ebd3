import { addressedAad, signSign1 } from '../cose/envelope.ts';
import type { Claims } from '../cose/headers.ts';
import { KINDS, typOf } from '../kinds.ts';
import type { Command } from '../messages/command.ts';
import type { Arrival } from './addressed.ts';
import { type CommandOutcome, commandIdOf, verifyCommand } from './command.ts';
import type { CommandState, CommandTime } from './command-state.ts';
import { VerifyError } from './failure.ts';
import {
  CTI,
  command,
  keys,
  NOW_S,
  order,
  orderBasis,
  SESS,
  setpoint,
  signOrder,
  siteState,
  TIME,
  trust,
} from './fixture-site.ts';

export function outcome(
  arrival: Arrival,
  state: CommandState = siteState(),
  time: CommandTime = TIME,
): CommandOutcome {
  return verifyCommand(arrival, trust, state, time);
}

export function refused(
  arrival: Arrival,
  change: Partial<CommandState> = {},
  time: CommandTime = TIME,
  under = trust,
): VerifyError {
  try {
    verifyCommand(arrival, under, siteState(change), time);
  } catch (thrown) {
    if (thrown instanceof VerifyError) return thrown;
    throw thrown;
  }
  throw new Error('was accepted');
}

/** `8 signature_wrong`, and whether an author is known. */
export const verdict = (...given: Parameters<typeof refused>): string => {
  const { failure, authenticated } = refused(...given);
  return `${failure.step} ${failure.code}${authenticated ? ' by author' : ''}`;
};

/** An envelope whose header and payload need not be honest, signed all the same. */
export function envelope(
  claims: Claims,
  payload: Uint8Array,
  typ = typOf(KINDS.command),
  key = keys.dispatch,
): Arrival {
  const topic = 'tl1/demo/site-1/command';
  const aad = addressedAad(trust.anchor, topic);
  return { topic, payload: signSign1({ typ, claims }, payload, aad, key.signer), retained: false };
}

export const honest = command();
export const basis = orderBasis(signOrder(order()));
export const body: Command = {
  id: commandIdOf(basis, 'site-1'),
  notAfterSessionMs: 120_000,
  actions: [setpoint()],
  basis,
};
export const claims: Claims = {
  iss: 'dispatch',
  aud: 'site-1',
  iat: NOW_S,
  cti: CTI,
  epoch: 1,
  seq: 1,
  sess: SESS,
  pol: 4,
};
export const without = (name: keyof Claims): Claims =>
  Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));
