/** A place on earth; degrees, north and east positive. */
export interface Place {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
}

const J2000_MS = Date.UTC(2000, 0, 1, 12);
const CENTURY_MS = 36_525 * 86_400_000;
const RAD = Math.PI / 180;

/**
 * Global irradiance on a horizontal plane under a cloudless sky, W/m².
 *
 * @source Haurwitz, Insolation in relation to cloudiness and cloud density, Journal of Meteorology 2, 1945, in the form of
 *   Reno, Hansen, Stein, Sandia report SAND2012-2389
 */
export function clearSkyWPerM2(place: Place, tMs: number): number {
  return haurwitzWPerM2(solarZenithDeg(place, tMs));
}

export function haurwitzWPerM2(zenithDeg: number): number {
  const cosine = Math.cos(zenithDeg * RAD);
  return cosine <= 0 ? 0 : 1_098 * cosine * Math.exp(-0.059 / cosine);
}

/**
 * How far the centre of the sun stands from the zenith, without refraction; good to a hundredth of a degree from 1950 to 2050.
 *
 * @source NOAA solar calculator, after Meeus, Astronomical Algorithms, 1991
 */
export function solarZenithDeg({ latitudeDeg, longitudeDeg }: Place, tMs: number): number {
  const { declination, equationOfTimeMin } = sunAt((tMs - J2000_MS) / CENTURY_MS);
  const minutesUtc = (tMs % 86_400_000) / 60_000;
  const hourAngle = ((minutesUtc + equationOfTimeMin + 4 * longitudeDeg) / 4 - 180) * RAD;
  const latitude = latitudeDeg * RAD;
  const cosine =
    Math.sin(latitude) * Math.sin(declination) +
    Math.cos(latitude) * Math.cos(declination) * Math.cos(hourAngle);
  return Math.acos(Math.min(1, Math.max(-1, cosine))) / RAD;
}

/** @param century  Julian centuries since 2000 @returns declination in radians, equation of time in minutes */
function sunAt(century: number): { declination: number; equationOfTimeMin: number } {
  const meanLongitude = (280.46646 + century * (36_000.76983 + century * 0.0003032)) * RAD;
  const anomaly = (357.52911 + century * (35_999.05029 - 0.0001537 * century)) * RAD;
  const eccentricity = 0.016708634 - century * (0.000042037 + 0.0000001267 * century);
  const centre =
    Math.sin(anomaly) * (1.914602 - century * (0.004817 + 0.000014 * century)) +
    Math.sin(2 * anomaly) * (0.019993 - 0.000101 * century) +
    Math.sin(3 * anomaly) * 0.000289;
  const node = (125.04 - 1_934.136 * century) * RAD;
  const longitude = meanLongitude + (centre - 0.00569 - 0.00478 * Math.sin(node)) * RAD;
  const meanObliquityDeg =
    23 + (26 + (21.448 - century * (46.815 + century * (0.00059 - century * 0.001813))) / 60) / 60;
  const obliquity = (meanObliquityDeg + 0.00256 * Math.cos(node)) * RAD;
  const y = Math.tan(obliquity / 2) ** 2;
  const equationOfTime =
    y * Math.sin(2 * meanLongitude) -
    2 * eccentricity * Math.sin(anomaly) +
    4 * eccentricity * y * Math.sin(anomaly) * Math.cos(2 * meanLongitude) -
    0.5 * y * y * Math.sin(4 * meanLongitude) -
    1.25 * eccentricity * eccentricity * Math.sin(2 * anomaly);
  return {
    declination: Math.asin(Math.sin(obliquity) * Math.sin(longitude)),
    equationOfTimeMin: (4 * equationOfTime) / RAD,
  };
}
