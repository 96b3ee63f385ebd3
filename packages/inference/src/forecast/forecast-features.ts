import type { FeatureSpec } from '../manifest.ts';

/**
 * What the site-import forecast is fed, in this order. Powers are per unit of the site's rated import,
 * so that one model serves every site; import is positive into the site. The bounds are physical, far
 * beyond any training day: what lies outside is a broken meter or a wrong rating, not an unusual day.
 */
export const FORECAST_FEATURES: readonly FeatureSpec[] = [
  { name: 'import1m', unit: 'pu of rated import', min: -3, max: 3 },
  { name: 'import5m', unit: 'pu of rated import', min: -3, max: 3 },
  { name: 'import15m', unit: 'pu of rated import', min: -3, max: 3 },
  { name: 'import30m', unit: 'pu of rated import', min: -3, max: 3 },
  { name: 'quarterImport', unit: 'pu of rated import', min: -3, max: 3 },
  { name: 'quarterElapsed', unit: '1', min: 0, max: 1 },
  { name: 'yesterdayBefore', unit: 'pu of rated import', min: -3, max: 3 },
  { name: 'yesterdayAfter', unit: 'pu of rated import', min: -3, max: 3 },
  { name: 'yesterdayKnown', unit: '1', min: 0, max: 1 },
  { name: 'pv1m', unit: 'pu of rated import', min: -0.1, max: 3 },
  { name: 'pv15m', unit: 'pu of rated import', min: -0.1, max: 3 },
  { name: 'sun1m', unit: 'pu of rated PV', min: -0.1, max: 1.5 },
  { name: 'daySin', unit: '1', min: -1, max: 1 },
  { name: 'dayCos', unit: '1', min: -1, max: 1 },
  { name: 'halfDaySin', unit: '1', min: -1, max: 1 },
  { name: 'halfDayCos', unit: '1', min: -1, max: 1 },
  { name: 'thirdDaySin', unit: '1', min: -1, max: 1 },
  { name: 'thirdDayCos', unit: '1', min: -1, max: 1 },
  { name: 'weekSin', unit: '1', min: -1, max: 1 },
  { name: 'weekCos', unit: '1', min: -1, max: 1 },
];

/** What the model gives: the site's mean uncontrolled import over the next quarter of an hour. */
export const FORECAST_OUTPUT = {
  name: 'nextQuarterHourImport',
  unit: 'pu of rated import',
  min: -3,
  max: 3,
} as const;
