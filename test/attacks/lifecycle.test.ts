import type { BusPublication } from '@tieline/bus';
import { AuditReceipt, type HeldKey, KINDS, sealAddressed } from '@tieline/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AttackedSite } from './attacked-site.ts';
import { mallory, START_MS } from './deployment.ts';
import { flipped } from './forge.ts';

let at: AttackedSite;
beforeEach(async () => {
  at = await AttackedSite.start();
});
afterEach(() => at.stop());

const codesOnRecord = (): unknown[] =>
  at.records('message_refused').map(({ body }) => body['code']);
const nowS = (): number => Math.floor(at.world.wallMs() / 1_000);
const senderOf = (key: HeldKey) => {
  const { trust, simulated } = at.deployment;
  return { anchor: trust.anchor, deployment: simulated.deployment, site: 'mill-lane', key };
};

describe('audit receipt', () => {
  const forged = (key: HeldKey, size: number): BusPublication => {
    const origin = `${at.deployment.simulated.deployment}/mill-lane`;
    const body = AuditReceipt.body.parse({ origin, size, root: new Uint8Array(32) });
    return { ...sealAddressed(KINDS.auditReceipt, body, senderOf(key), { iat: nowS() }), qos: 1 };
  };

  test.each<[what: string, finding: string, forge: () => BusPublication]>([
    ['of an unknown key', 'signature_refused', () => forged(mallory, 1)],
    ['of a key of another role', 'signature_refused', () => forged(at.deployment.control.time, 1)],
    [
      'with one bit flipped',
      'signature_refused',
      () => {
        const { topic, payload } = at.heardOf('audit-receipt').at(-1)!;
        return { topic, payload: flipped(payload), qos: 1 };
      },
    ],
    [
      'for records that are not there',
      'log_truncated',
      () => forged(at.deployment.control.witness, 9_999),
    ],
    ['for another history', 'log_forked', () => forged(at.deployment.control.witness, 1)],
  ])(
    'one %s: refused, on record, and no receipt is dropped for it',
    async (_what, finding, forge) => {
      const receipted = at.view().auditReceipted;
      const attack = forge();
      await at.strike(attack, attack);
      expect(at.refused('audit_receipt_refused')).toBe(2);
      const [record, ...more] = at.records('message_refused');
      expect(more).toEqual([]);
      expect(record?.body).toMatchObject({ code: 'audit_receipt_refused', facts: { finding } });
      expect(at.view()).toMatchObject({ quarantine: null });
      expect(at.view().auditReceipted).toBeGreaterThan(receipted);
    },
  );
});

describe('time', () => {
  const HOUR_MS = 3_600_000;
  const told = (key: HeldKey, nonce: Uint8Array): BusPublication => {
    const body = { nonce, wallMs: START_MS + 48 * HOUR_MS };
    return { ...sealAddressed(KINDS.timeTell, body, senderOf(key), { iat: nowS() }), qos: 0 };
  };
  const wallMs = (): number => at.lastHeartbeat().wallMs;

  test('an answer to a question that was not asked, rightly signed, moves no clock: time_refused', async () => {
    await at.strike(told(at.deployment.control.time, new Uint8Array(16)));
    expect(at.refused('time_refused')).toBe(1);
    expect(Math.abs(wallMs() - at.world.wallMs())).toBeLessThan(20_000);
  });

  test('an earlier answer played back moves no clock: time_refused', async () => {
    const { topic, payload } = at.heardOf('time/tell')[0]!;
    await at.world.advance(HOUR_MS / 12);
    await at.strike({ topic, payload, qos: 0 });
    expect(at.refused('time_refused')).toBe(1);
    expect(Math.abs(wallMs() - at.world.wallMs())).toBeLessThan(20_000);
  });

  test('the right nonce under a wrong key moves no clock: key_unknown', async () => {
    const { payload } = at.newest('time/ask');
    await at.strike(told(mallory, KINDS.timeAsk.message.decode(payload).nonce));
    expect(codesOnRecord()).toEqual(['key_unknown']);
  });
});

describe('presence', () => {
  const said = (key: HeldKey): BusPublication => {
    const claims = { iat: nowS() + 3_600, epoch: 1_000, sess: at.sess() };
    return { ...sealAddressed(KINDS.presence, {}, senderOf(key), claims), qos: 0 };
  };

  test('a forged one does not make a dead control plane look alive: key_unknown', async () => {
    await at.stopControl();
    await at.world.advance(31_000);
    await at.strike(said(mallory), said(at.deployment.control.time));
    expect(codesOnRecord()).toEqual(['key_unknown', 'role_missing']);
    expect(at.lastHeartbeat().control).toBe('silent');
  });

  test('a recorded one does not either: presence_replayed', async () => {
    const { topic, payload } = at.heardOf('presence').at(-1)!;
    expect(at.lastHeartbeat().control).toBe('present');
    await at.stopControl();
    await at.world.advance(31_000);
    await at.strike({ topic, payload, qos: 0 });
    expect(at.lastHeartbeat()).toMatchObject({
      control: 'silent',
      refused: { presence_replayed: 1 },
    });
  });
});
