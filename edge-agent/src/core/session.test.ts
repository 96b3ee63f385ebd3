import type { Clock } from '@tieline/kernel';
import { expect, test } from 'vitest';
import { Session } from './session.ts';

const HOUR_MS = 3_600_000;
const NOON_MS = Date.UTC(2026, 2, 3, 12);
const nonce = (fill: number): Uint8Array => new Uint8Array(16).fill(fill);

/** A machine whose wall clock is wrong by years, and a session on it. */
class Machine implements Clock {
  monotonic = 5_000.75;
  wall = Date.UTC(1999, 0, 1);
  readonly session: Session = new Session(this, nonce(1), 3);

  wallMs(): number {
    return this.wall;
  }

  monotonicMs(): number {
    return this.monotonic;
  }

  async sleepUntil(): Promise<void> {}

  /** Asks, and hears after `roundTripMs` that it was `wallMs` half way. */
  attest(wallMs: number, roundTripMs = 0, floorMs = 0): boolean {
    this.session.askTime(nonce(9));
    this.monotonic += roundTripMs;
    return this.session.tellTime(nonce(9), wallMs, floorMs);
  }
}

test('the session clock begins at 0 and counts whole milliseconds', () => {
  const machine = new Machine();
  expect(machine.session.sessionMs()).toBe(0);
  machine.monotonic += 1_500.6;
  expect(machine.session.sessionMs()).toBe(1_500);
});

test('before an attestation the wall clock is that of the machine, and untrusted', () => {
  expect(new Machine().session.now()).toMatchObject({
    wallMs: Date.UTC(1999, 0, 1),
    clock: 'untrusted',
  });
});

test('an attested time runs on with the session, whatever the machine says then', () => {
  const machine = new Machine();
  expect(machine.attest(NOON_MS, 400)).toBe(true);
  machine.wall = Date.UTC(2040, 0, 1);
  machine.monotonic += 10_000;
  expect(machine.session.now()).toMatchObject({ wallMs: NOON_MS + 200 + 10_000, clock: 'trusted' });
});

test('trust turns to holdover after an hour without a word, and ends a day later', () => {
  const machine = new Machine();
  machine.attest(NOON_MS);
  machine.monotonic += HOUR_MS;
  expect(machine.session.now().clock).toBe('trusted');
  machine.monotonic += 1;
  expect(machine.session.now().clock).toBe('holdover');
  machine.monotonic += 24 * HOUR_MS;
  expect(machine.session.now().clock).toBe('untrusted');
  machine.attest(NOON_MS);
  expect(machine.session.now().clock).toBe('trusted');
});

test('an answer to another question, a second answer, a slow one and one from the past are refused', () => {
  const machine = new Machine();
  machine.session.askTime(nonce(8));
  machine.session.askTime(nonce(9));
  expect(machine.session.tellTime(nonce(8), NOON_MS, 0)).toBe(false);
  expect(machine.session.tellTime(nonce(9), NOON_MS, 0)).toBe(true);
  expect(machine.session.tellTime(nonce(9), NOON_MS + HOUR_MS, 0)).toBe(false);
  expect(machine.attest(NOON_MS + HOUR_MS, 5_001)).toBe(false);
  expect(machine.attest(NOON_MS, 0, NOON_MS + 1)).toBe(false);
  expect(machine.session.now().wallMs).toBe(NOON_MS + 5_001);
});

test('the digests in force are stamped until they are withdrawn', () => {
  const { session } = new Machine();
  session.setDigest('policy', nonce(2));
  session.setDigest('model', nonce(3));
  expect(session.digests()).toEqual({ policy: nonce(2), model: nonce(3) });
  session.setDigest('model', null);
  expect(session.digests()).toEqual({ policy: nonce(2) });
});
