import { DAY_MS } from '@tieline/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clearSkyWPerM2, haurwitzWPerM2, solarZenithDeg } from './clear-sky.ts';

test('the zenith of the worked example of NREL’s solar position algorithm', () => {
  // Reda, Andreas, NREL/TP-560-34302: 2003-10-17 12:30:30 at UTC−7; topocentric elevation without refraction 39.872046°.
  const golden = { latitudeDeg: 39.742476, longitudeDeg: -105.1786 };
  const zenithDeg = solarZenithDeg(golden, Date.parse('2003-10-17T12:30:30-07:00'));
  expect(Math.abs(zenithDeg - (90 - 39.872046))).toBeLessThan(0.01);
});

test.each([
  // Of the sun at its highest: 90° − latitude + declination, which is ±23.4366° at the solstices of 2026.
  ['summer solstice in Munich', 48.1374, 11.5755, '2026-06-21', 48.1374 - 23.4366],
  ['winter solstice in Munich', 48.1374, 11.5755, '2026-12-21', 48.1374 + 23.4366],
  ['summer solstice in Sydney', -33.8688, 151.2093, '2026-12-21', 33.8688 - 23.4366],
])('%s', (_, latitudeDeg, longitudeDeg, date, expectedDeg) => {
  const startMs = Date.parse(`${date}T00:00Z`);
  const zeniths = Array.from({ length: 1_440 }, (_each, minute) =>
    solarZenithDeg({ latitudeDeg, longitudeDeg }, startMs + minute * 60_000),
  );
  expect(Math.abs(Math.min(...zeniths) - expectedDeg)).toBeLessThan(0.02);
});

test('noon on the meridian is where the equation of time puts it', () => {
  // Greenwich, 3 November: the sun is 16 min 25 s ahead of the clock, as early as in no other week.
  const startMs = Date.parse('2026-11-03T00:00Z');
  let noonS = 0;
  let least = 180;
  for (let second = 40_000; second < 46_000; second += 1) {
    const zenith = solarZenithDeg(
      { latitudeDeg: 51.4779, longitudeDeg: 0 },
      startMs + second * 1_000,
    );
    if (zenith < least) [least, noonS] = [zenith, second];
  }
  // The sun sinks from day to day then: it stands highest some 18 s before it crosses the meridian.
  expect(Math.abs(43_200 - noonS - (16 * 60 + 25 + 18))).toBeLessThan(6);
});

test('Haurwitz’s irradiance as published implementations give it', () => {
  const published: readonly (readonly [elevationDeg: number, wPerM2: number])[] = [
    [-20, 0],
    [-0.05, 0],
    [5, 48.6298687941956],
    [10, 135.741748091813],
    [30, 487.894132885425],
    [50, 778.766689344363],
    [90, 1_035.0920325345],
  ];
  for (const [elevationDeg, wPerM2] of published) {
    expect(haurwitzWPerM2(90 - elevationDeg)).toBeCloseTo(wPerM2, 9);
  }
});

test('nowhere and never is there more sun than at the zenith, nor less than none; polar nights are dark', () => {
  const place = fc.record({
    latitudeDeg: fc.double({ min: -90, max: 90, noNaN: true }),
    longitudeDeg: fc.double({ min: -180, max: 180, noNaN: true }),
  });
  fc.assert(
    fc.property(place, fc.integer({ min: 0, max: 2e12 }), (where, tMs) => {
      const wPerM2 = clearSkyWPerM2(where, tMs);
      expect(wPerM2).toBeGreaterThanOrEqual(0);
      expect(wPerM2).toBeLessThan(1_036);
    }),
  );
  const tromso = { latitudeDeg: 69.65, longitudeDeg: 18.96 };
  const midwinter = Date.parse('2026-12-21T00:00Z');
  for (let atMs = 0; atMs < DAY_MS; atMs += 600_000) {
    expect(clearSkyWPerM2(tromso, midwinter + atMs)).toBe(0);
    expect(clearSkyWPerM2(tromso, midwinter - 182 * DAY_MS + atMs)).toBeGreaterThan(0);
  }
});
