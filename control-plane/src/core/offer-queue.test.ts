import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CommandRecord } from '../ports/records.ts';
import { nextStep, offered, type Waiting, waitingOf } from './offer-queue.ts';

function command(nr: number, notBeforeWallMs: number, notAfterWallMs: number): CommandRecord {
  return {
    id: `${nr}`,
    site: 'site-1',
    basis: { type: 'plan', bytes: new Uint8Array() },
    orderId: null,
    actions: [],
    reason: '',
    createdWallMs: 0,
    notBeforeWallMs,
    notAfterWallMs,
    boundSess: null,
    control: { state: 'queued', code: null },
  };
}

const AGENT = { sess: 'a', generation: 0, isClocked: true };

const Window = fc.tuple(fc.nat(100_000), fc.nat(400_000));

test('at any time at most one command is in flight, each in its window, and each gets its turn', () => {
  fc.assert(
    fc.property(fc.array(Window, { minLength: 1, maxLength: 6 }), (windows) => {
      let queue: Waiting[] = windows.map(([from, length], nr) =>
        waitingOf(command(nr, from, from + length), []),
      );
      const openAtOnce = queue.length;
      const offers = new Map<string, number>();
      let answerByMs = -Infinity;
      let inFlight = '';
      for (let nowMs = 0; nowMs < 600_000; nowMs += 1_000) {
        for (;;) {
          const step = nextStep(queue, { wallMs: nowMs, monotonicMs: nowMs, ...AGENT });
          if (step.do === 'wait') break;
          const { waiting } = step;
          if (step.do === 'give-up') {
            expect(nowMs).toBeGreaterThanOrEqual(waiting.command.notAfterWallMs);
            queue = queue.filter((one) => one !== waiting);
            // Too late to be accepted, it is in flight no more.
            if (waiting.command.id === inFlight) answerByMs = -Infinity;
            continue;
          }
          if (step.do === 'doubt') {
            const control = { state: 'unknown', code: null } as const;
            const doubted = { ...waiting, command: { ...waiting.command, control } };
            queue = queue.map((one) => (one === waiting ? doubted : one));
            continue;
          }
          expect(nowMs).toBeGreaterThanOrEqual(answerByMs);
          expect(nowMs).toBeGreaterThanOrEqual(waiting.command.notBeforeWallMs);
          expect(nowMs).toBeLessThan(waiting.command.notAfterWallMs);
          const next = offered(waiting, AGENT, nowMs);
          answerByMs = next.answerByMs;
          inFlight = waiting.command.id;
          offers.set(waiting.command.id, (offers.get(waiting.command.id) ?? 0) + 1);
          queue = queue.map((one) => (one === waiting ? next : one));
        }
      }
      expect(queue).toEqual([]);
      for (const [nr, [, length]] of windows.entries()) {
        // Long enough for every other one to have had its wait before.
        if (length > openAtOnce * 20_000) expect(offers.get(`${nr}`) ?? 0).toBeGreaterThan(0);
      }
    }),
    { numRuns: 60 },
  );
});

test('an agent that is away is offered nothing', () => {
  const queue = [waitingOf(command(1, 0, 10), [])];
  const away = { wallMs: 1, monotonicMs: 1, ...AGENT, sess: null };
  expect(nextStep(queue, away)).toEqual({ do: 'wait' });
});

test('an order that names no session waits for an agent that does not know the time yet', () => {
  const view = { wallMs: 1, monotonicMs: 1, ...AGENT, isClocked: false };
  const order = {
    ...command(1, 0, 10),
    basis: { type: 'order' as const, bytes: new Uint8Array() },
  };
  const [waiting, bound, plan] = [
    waitingOf(order, []),
    waitingOf({ ...order, id: '2', boundSess: 'a' }, []),
    waitingOf(command(3, 0, 10), []),
  ];
  expect(nextStep([waiting], view)).toEqual({ do: 'wait' });
  expect(nextStep([waiting, bound], view)).toEqual({ do: 'offer', waiting: bound });
  expect(nextStep([waiting, plan], view)).toEqual({ do: 'offer', waiting: plan });
  expect(nextStep([waiting], { ...view, isClocked: true })).toEqual({ do: 'offer', waiting });
  expect(nextStep([waiting], { ...view, wallMs: 10 })).toMatchObject({ do: 'give-up' });
});
