import { expect, test } from 'vitest';
import { readScenario } from './scenario-files.ts';

test.runIf(process.platform === 'linux')(
  'what has no size and no end is read up to the bound, and refused',
  () => {
    expect(() => readScenario('/dev/zero')).toThrow('larger than 1048576 bytes');
  },
);

test('a folder in the place of a file is refused by its name', () => {
  expect(() => readScenario(import.meta.dirname)).toThrow('EISDIR');
});
