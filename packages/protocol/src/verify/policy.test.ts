import { describe, expect, test } from 'vitest';
import { decodeCbor, encodeCbor } from '../cbor/codec.ts';
import { KINDS } from '../kinds.ts';
import type { Policy } from '../messages/policy.ts';
import { VerifyError } from './failure.ts';
import { keys, NOW_S, policy, trust } from './fixture-site.ts';
import { decodePolicy, openPolicy, POLICY_BYTES_MAX, policyParts, sealPolicy } from './policy.ts';

const WALL = { trust, wallS: NOW_S };
const everywhere = { ...WALL, site: null };
const at = (site: string) => ({ ...WALL, site });
const sealed = (body: Policy = policy) =>
  sealPolicy(body, trust.anchor, [keys.policy], { iat: NOW_S });

/** A policy of that many sites, each of a name as long as names may be. */
function large(count: number): Policy {
  const [site] = policy.sites;
  const sites = Array.from({ length: count }, (_, k) => ({
    ...site!,
    site: `${k}`.padStart(32, 'x'),
  }));
  return { ...policy, sites };
}

function refused(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    if (!(thrown instanceof VerifyError)) throw thrown;
    return `${thrown.failure.step} ${thrown.failure.code}`;
  }
  return 'accepted';
}

describe('a policy of many sites', () => {
  test.each([200, 1_000])(
    'of %i sites opens whole, and at each site its own page alone',
    (count) => {
      const body = large(count);
      const bytes = sealed(body);
      const sites = new Set(openPolicy(bytes, everywhere).body.sites.map(({ site }) => site));
      expect(sites.size).toBe(count);
      const partOf = policyParts(bytes);
      for (const own of [body.sites[0]!, body.sites[count - 1]!]) {
        const part = partOf(own.site);
        expect(openPolicy(part, at(own.site)).body).toEqual({ ...body, sites: [own] });
        // Seventy bytes for each other site, not six hundred.
        expect(part.length).toBeLessThan(count * 70 + 1_500);
      }
    },
  );

  test('of more sites than there may be is refused with the place, on both sides', () => {
    expect(() => sealed(large(1_025))).toThrow('1 to 1024 sites');
    expect(refused(() => openPolicy(new Uint8Array(POLICY_BYTES_MAX + 1), everywhere))).toBe(
      '1 message_too_large',
    );
    const longest = KINDS.policy.message.bytesMax + 16_384;
    expect(refused(() => openPolicy(new Uint8Array(longest + 1), at('site-1')))).toBe(
      '1 message_too_large',
    );
  });

  test('as it was signed, without a look at who signed it', () => {
    expect(decodePolicy(sealed())).toEqual(policy);
    expect(refused(() => decodePolicy(encodeCbor('policy')))).toBe('3 message_malformed');
  });

  test('a site whose name is a number, or stands at every object, is a site', () => {
    const [site] = policy.sites;
    const sites = ['10', '9', 'a', 'constructor'].map((name) => ({ ...site!, site: name }));
    const bytes = sealed({ ...policy, sites });
    for (const one of sites) {
      const part = policyParts(bytes)(one.site);
      expect(openPolicy(part, at(one.site)).body.sites).toEqual([one]);
    }
    const part = policyParts(sealed())('constructor');
    expect(openPolicy(part, at('constructor')).body.sites).toEqual([]);
  });
});

describe('the page of a site', () => {
  const bytes = sealed(large(3));
  const names = large(3).sites.map(({ site }) => site);
  const [index, pages] = decodeCbor(bytes) as [Uint8Array, Record<string, Uint8Array>];
  const own = names[0]!;
  const withPages = (held: Record<string, Uint8Array>) => encodeCbor([index, held]);
  const openedAt = (part: Uint8Array, site: string | null = own) =>
    refused(() => openPolicy(part, { ...WALL, site }));

  test('must be the one that was signed, and the only one', () => {
    expect(openedAt(withPages({ [own]: pages[own]! }))).toBe('accepted');
    const changed = pages[own]!.slice();
    changed[changed.length - 1] = changed.at(-1)! ^ 1;
    expect(openedAt(withPages({ [own]: changed }))).toBe('8 page_wrong');
    expect(openedAt(withPages({ [own]: pages[names[1]!]! }))).toBe('8 page_wrong');
    expect(openedAt(withPages({ [names[1]!]: pages[own]! }))).toBe('8 page_wrong');
    expect(openedAt(withPages({}))).toBe('8 page_wrong');
    expect(openedAt(withPages(pages))).toBe('8 page_wrong');
  });

  test('is missed where a policy leaves it out: nobody can take a site out but those who sign', () => {
    expect(openedAt(policyParts(bytes)(own))).toBe('accepted');
    const part = policyParts(bytes)('site-9');
    expect(openPolicy(part, at('site-9')).body.sites).toEqual([]);
    expect(openedAt(part)).toBe('8 page_wrong');
  });

  test('a whole policy has every page', () => {
    const { [own]: _, ...others } = pages;
    expect(openedAt(bytes, null)).toBe('accepted');
    expect(openedAt(withPages(others), null)).toBe('8 page_wrong');
    expect(openedAt(withPages({ ...others, stranger: pages[own]! }), null)).toBe('8 page_wrong');
  });

  test('what is no envelope is malformed, and says where', () => {
    const place = (value: unknown): unknown => {
      try {
        openPolicy(encodeCbor(value), at(own));
      } catch (thrown) {
        if (thrown instanceof VerifyError) return thrown.failure.facts['place'];
        throw thrown;
      }
      return 'accepted';
    };
    expect(place([index])).toBe('index');
    expect(place(['index', {}])).toBe('index');
    expect(place([index, [pages[own]]])).toBe('pages');
    expect(place([index, new Map([[1, pages[own]]])])).toBe('pages');
    expect(place([index, { [own]: 'page' }])).toBe('pages');
  });

  test('every flipped byte is refused', () => {
    const part = policyParts(bytes)(own);
    for (let k = 0; k < part.length; k += 1) {
      const flipped = part.slice();
      flipped[k] = flipped[k]! ^ 0x10;
      expect(openedAt(flipped)).not.toBe('accepted');
    }
  });
});
