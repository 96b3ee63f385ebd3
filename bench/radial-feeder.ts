import type { Feeder } from '@tieline/grid';
import { seededRng } from '@tieline/kernel';

/** What the whole feeder draws, kW: that of the 33-bus feeder, however many buses share it. */
const LOAD_KW = 3_715;
/** Length of every path from the source, in branches: depth grows with the root of the size, as in towns. */
const depthOf = (buses: number): number => Math.ceil(Math.sqrt(buses) * 2);
/** From the source to the deepest bus, Ω: what keeps the lowest voltage between 0.9 and 1 per unit. */
const PATH_OHM = 6;

/**
 * A radial feeder of so many buses, drawn from a seed: bus 1 is the source, and every branch leads to a bus of a higher
 * number. To measure how cost grows; it is nobody's feeder.
 */
export function radialFeeder(buses: number, seed: number): Feeder {
  const random = seededRng(seed).stream(`radial-feeder-${buses}`);
  const between = (low: number, high: number): number => low + random.uniform() * (high - low);
  const depthMax = depthOf(buses);
  const depths = [0];
  const branches = Array.from({ length: buses - 1 }, (_, k) => {
    // Near its own number, so that there are long laterals; nearer the source where it would be too deep.
    let from = Math.max(0, k - Math.floor(random.uniform() * 12));
    while ((depths[from] ?? 0) >= depthMax) from = Math.floor(random.uniform() * from);
    depths.push((depths[from] ?? 0) + 1);
    const rOhm = (PATH_OHM / depthMax) * between(0.5, 1.5);
    const ends = { from: `${from + 1}`, to: `${k + 2}` };
    return { id: `${k + 1}`, ...ends, rOhm, xOhm: rOhm * between(0.4, 0.9) };
  });
  const drawn = Array.from({ length: buses }, (_, k) => (k === 0 ? 0 : between(0.5, 1.5)));
  const scale = LOAD_KW / drawn.reduce((sum, one) => sum + one, 0);
  return {
    name: `radial-${buses}`,
    baseKv: 12.66,
    slack: { bus: '1', voltagePu: 1 },
    buses: drawn.map((part, k) => {
      const loadKw = part * scale;
      return { id: `${k + 1}`, loadKw, loadKvar: loadKw * 0.5 };
    }),
    branches,
  };
}
