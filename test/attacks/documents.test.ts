import { packModel, SHIPPED_FORECAST_DIRECTORY } from '@tieline/inference';
import { toHex } from '@tieline/kernel';
import {
  BLOCK_BYTES,
  BlockHave,
  decodeCbor,
  encodeCbor,
  type HeldKey,
  KINDS,
  type Policy,
  parseSign1,
  sealDocument,
  sha256,
} from '@tieline/protocol';
import { signRelease } from '@tieline/simulator';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AttackedSite } from './attacked-site.ts';
import { mallory, policyFor, SITE, START_S } from './deployment.ts';
import { flipped, forgeCommand, setpoint } from './forge.ts';

let at: AttackedSite;
beforeEach(async () => {
  at = await AttackedSite.start();
});
afterEach(() => at.stop());

const codesOnRecord = (): unknown[] =>
  at.records('message_refused').map(({ body }) => body['code']);

describe('policy', () => {
  /** One that would let the battery do anything. */
  const generous = (version: number): Policy => {
    const { policy } = at.deployment;
    const wide = { minKw: -80, maxKw: 80 };
    const sites = policy.sites.map((site) => ({
      ...site,
      assets: site.assets.map((asset) => ({ ...asset, limit: wide, margin: wide })),
    }));
    return { ...policy, version, sites };
  };
  const desired = (version: number, key: HeldKey) => {
    const payload = policyFor(SITE, generous(version), at.deployment.trust, key);
    return { topic: at.topic('desired/policy'), payload, qos: 1, retain: true } as const;
  };
  /** What the policy in force forbids is refused as before: nothing of the other one has taken hold. */
  async function expectUnchanged(): Promise<void> {
    expect(at.view().reported?.policy).toBe(2);
    expect(at.records('policy_activated')).toHaveLength(1);
    await at.strike(forgeCommand(at, { actions: [setpoint({ activePowerKw: 75 })] }));
    expect(at.refused('beyond_policy_limit')).toBe(1);
  }

  test('one signed by the dispatch key: role_missing', async () => {
    await at.strike(desired(3, at.deployment.control.dispatch));
    expect(codesOnRecord()).toEqual(['role_missing']);
    await expectUnchanged();
  });

  test('one that nobody known has signed: key_unknown', async () => {
    await at.strike(desired(3, mallory));
    expect(codesOnRecord()).toEqual(['key_unknown']);
    await expectUnchanged();
  });

  test('one with a bit flipped: signature_wrong', async () => {
    const message = desired(3, at.deployment.policyKey);
    const [index, pages] = decodeCbor(message.payload) as [Uint8Array, object];
    await at.strike({ ...message, payload: encodeCbor([flipped(index), pages]) });
    expect(codesOnRecord()).toEqual(['signature_wrong']);
    await expectUnchanged();
  });

  test('one whose page is not the one that was signed: page_wrong', async () => {
    const message = desired(3, at.deployment.policyKey);
    await at.strike({ ...message, payload: flipped(message.payload) });
    expect(codesOnRecord()).toEqual(['page_wrong']);
    await expectUnchanged();
  });

  test('one without its page: page_wrong, and the site is not left without limits', async () => {
    const message = desired(3, at.deployment.policyKey);
    const [index] = decodeCbor(message.payload) as [Uint8Array];
    await at.strike({ ...message, payload: encodeCbor([index, {}]) });
    expect(codesOnRecord()).toEqual(['page_wrong']);
    await expectUnchanged();
  });

  test('an older one, rightly signed, played back: the newer one stands, after a restart as well', async () => {
    await at.strike(desired(1, at.deployment.policyKey));
    await expectUnchanged();
    await at.stopAgent();
    at.startAgent();
    await at.world.advance(11_000);
    expect(at.view().reported?.policy).toBe(2);
  });

  test('another one of the same version: policy_conflict, on record', async () => {
    await at.strike(desired(2, at.deployment.policyKey));
    expect(at.refused('policy_conflict')).toBe(1);
    expect(codesOnRecord()).toEqual(['policy_conflict']);
    await expectUnchanged();
  });

  test('one that would burn the versions: version_step_too_large, and the next one is taken', async () => {
    await at.strike(desired(2 ** 40, at.deployment.policyKey));
    expect(codesOnRecord()).toEqual(['version_step_too_large']);
    await expectUnchanged();
    await at.strike(desired(3, at.deployment.policyKey));
    expect(at.view().reported?.policy).toBe(3);
  });

  test('a newer one of the policy key is what these attacks would like to be', async () => {
    await at.strike(desired(3, at.deployment.policyKey));
    expect(at.view().reported?.policy).toBe(3);
    await at.strike(forgeCommand(at, { actions: [setpoint({ activePowerKw: 75 })] }));
    expect(at.asked).toContain(75);
  });
});

describe('model', () => {
  const packed = packModel(SHIPPED_FORECAST_DIRECTORY);
  const digest = toHex(sha256(packed));
  const named = { name: 'site-import-forecast', version: '1.0.0' };
  const release = (key: HeldKey) => signRelease(packed, named, at.deployment.trust, key, START_S);

  const desired = (version: number, signed: Uint8Array | null, director: HeldKey) => {
    const body = { version, site: SITE, issuedAt: START_S, release: signed };
    const { anchor } = at.deployment.trust;
    const payload = sealDocument(KINDS.desiredModel, body, anchor, [director], { iat: START_S });
    return { topic: at.topic('desired/model'), payload, qos: 1, retain: true } as const;
  };
  const { releaseKeyOf, directorOf } = {
    releaseKeyOf: () => at.deployment.releaseKey,
    directorOf: () => at.deployment.control.director,
  };

  test('one whose release the director has signed itself: role_missing, and a restart comes up', async () => {
    await at.strike(desired(5, release(directorOf()), directorOf()));
    expect(at.view().reported?.model).toBeNull();
    expect(codesOnRecord()).toEqual(['role_missing']);
    expect(at.heardOf('block/want')).toEqual([]);
    await at.stopAgent();
    at.startAgent();
    await at.world.advance(11_000);
    expect(at.view()).toMatchObject({ link: 'present', boot: 2 });
    // It has not used up the version: the right one of the same version is still taken.
    at.control.pushModel(packed, release(releaseKeyOf()));
    await at.strike(desired(5, release(releaseKeyOf()), directorOf()));
    expect(at.view().reported?.model).toBe(digest);
  });

  test('one of a stolen director that would burn the versions: version_step_too_large, and the next one is taken', async () => {
    at.control.pushModel(packed, release(releaseKeyOf()));
    await at.strike(desired(70_000, release(releaseKeyOf()), directorOf()));
    await at.strike(desired(2 ** 40, null, directorOf()));
    expect(codesOnRecord()).toEqual(['version_step_too_large']);
    expect(at.view().reported?.model).toBe(digest);
    await at.strike(desired(70_001, null, directorOf()));
    expect(at.view().reported?.model).toBeNull();
  });

  test('one that no director has chosen: role_missing', async () => {
    await at.strike(desired(5, release(releaseKeyOf()), at.deployment.control.dispatch));
    expect(codesOnRecord()).toEqual(['role_missing']);
    expect(at.heardOf('block/want')).toEqual([]);
  });

  test('blocks with other bytes are dropped and counted; the right ones still make the model', async () => {
    const first = sha256(packed.subarray(0, BLOCK_BYTES));
    const payload = BlockHave.encode({ digest: first, bytes: new Uint8Array(1_000).fill(7) });
    const poison = { topic: at.topic('block/have'), payload, qos: 0 } as const;
    await at.say(desired(5, release(releaseKeyOf()), directorOf()));
    // Nobody has the blocks yet, so the agent goes on asking, and hears the wrong answer first.
    await at.strike(...Array.from({ length: 5 }, () => poison));
    expect(at.refused('block_refused')).toBe(5);
    expect(at.view().reported?.model).toBeNull();
    at.control.pushModel(packed, release(releaseKeyOf()));
    await at.world.advance(11_000);
    expect(at.view().reported?.model).toBe(digest);
  });
});

test('a release is one thing and a desired model another: neither passes for the other', async () => {
  const body = parseSign1(at.heardOf('birth')[0]!.payload).payload;
  const payload = new Uint8Array(body);
  await at.strike({ topic: at.topic('desired/model'), payload, qos: 1 });
  expect(codesOnRecord()).toEqual(['envelope_tag_wrong']);
});
