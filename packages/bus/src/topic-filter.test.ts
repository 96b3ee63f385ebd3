import fc from 'fast-check';
import { expect, test } from 'vitest';
import { filterContains, isPublishable, isSubscribable, topicMatches } from './topic-filter.ts';

const level = fc.constantFrom('a', 'b', '$s', '');
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
const filter = fc
  .tuple(
    fc.array(fc.constantFrom('a', 'b', '$s', '+'), { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '/#'),
  )
  .map(([levels, tail]) => levels.join('/') + tail);

/** MQTT 3.1.1, 4.7, as a regular expression: another way to say the same. */
function matchesByPattern(filterText: string, topicText: string): boolean {
  if (/^[+#]/.test(filterText) && topicText.startsWith('$')) return false;
  const pattern = filterText
    .split('/')
    .map((part) => (part === '+' ? '[^/]*' : part === '#' ? '.*' : part.replace('$', '\\$')))
    .join('/')
    .replace(/\/\.\*$/, '(/.*)?');
  return new RegExp(`^${pattern}$`).test(topicText);
}

/** Every topic of up to four levels over the letters in play, and one letter that no filter names. */
function topicsInPlay(): string[] {
  const letters = ['a', 'b', '$s', 'z'];
  let layer = letters;
  const all = [...layer];
  for (let depth = 2; depth <= 5; depth += 1) {
    layer = layer.flatMap((head) => letters.map((letter) => `${head}/${letter}`));
    all.push(...layer);
  }
  return all;
}

test('a filter matches the topics that the standard says', () => {
  fc.assert(
    fc.property(filter, topic, (filterText, topicText) => {
      expect(topicMatches(filterText, topicText)).toBe(matchesByPattern(filterText, topicText));
    }),
    { numRuns: 2_000 },
  );
});

test('a filter is contained in another exactly when it matches no topic that the other does not', () => {
  const topics = topicsInPlay();
  fc.assert(
    fc.property(filter, filter, (outer, inner) => {
      const escapes = topics.some(
        (each) => matchesByPattern(inner, each) && !matchesByPattern(outer, each),
      );
      expect(filterContains(outer, inner)).toBe(!escapes);
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  ['a/b', true],
  ['a//b', true],
  ['', false],
  ['a/+', false],
  ['a/#', false],
  ['$SYS/a', false],
  ['a\u0000b', false],
  ['a\nb', false],
  ['é'.repeat(129), false],
  ['a/'.repeat(16), false],
])('a topic to publish to: %j is %s', (text, allowed) => {
  expect(isPublishable(text)).toBe(allowed);
});

test.each([
  ['a/+/b', true],
  ['#', true],
  ['a/#', true],
  ['a/#/b', false],
  ['a/b#', false],
  ['a/b+/c', false],
  ['$SYS/#', false],
])('a filter to subscribe to: %j is %s', (text, allowed) => {
  expect(isSubscribable(text)).toBe(allowed);
});
