import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RetainedBudget } from './retained-budget.ts';

test('what is taken never passes either bound, and what is given back can be taken again', () => {
  const step = fc.record({ topic: fc.constantFrom('a', 'b', 'c', 'd'), bytes: fc.nat(40) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const budget = new RetainedBudget({ topicsMax: 3, bytesMax: 100 });
      const held = new Map<string, number>();
      for (const { topic, bytes } of steps) {
        const after = new Map(held).set(topic, bytes);
        if (bytes === 0) after.delete(topic);
        const sum = [...after.values()].reduce((total, each) => total + each, 0);
        const fits = bytes === 0 || (after.size <= 3 && sum <= 100);
        expect(budget.take(topic, bytes)).toBe(fits);
        if (!fits) continue;
        held.clear();
        for (const [key, value] of after) held.set(key, value);
      }
    }),
  );
});
