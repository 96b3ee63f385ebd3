import { expect, test } from 'vitest';
import { shippedScenario } from '../../scenario/adapters/scenario-files.ts';
import { ownersIn, quantityNames } from '../../scenario/quantities.ts';
import { unitOf } from './unit-of.ts';

/** What stands left of a plot without being cut, in signs of this size. */
const ROOM = 8;

test('every quantity has a unit, and only power is in kW', () => {
  const names = quantityNames(ownersIn(shippedScenario('evening-peak')));
  for (const name of names) {
    const unit = unitOf(name);
    expect(unit, name).not.toBe('');
    expect(unit.length, name).toBeLessThanOrEqual(ROOM);
    expect(unit === 'kW', name).toBe(name.endsWith('Kw'));
  }
  expect(unitOf('feeder.alarms')).toBe('alarms');
});
