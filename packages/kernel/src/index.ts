export { type LogLevel, pinoLogger } from './adapters/pino-logger.ts';
export { sourceEnvironment } from './adapters/source-environment.ts';
export {
  type SettableClock,
  type SimulatedTime,
  simulatedClock,
  systemClock,
} from './adapters/system-clock.ts';
export { systemRng } from './adapters/system-rng.ts';
export { whenOrphaned } from './adapters/when-orphaned.ts';
export { BoundedQueue } from './bounded-queue.ts';
export { concatBytes, equalBytes, fromHex, toHex, utf8 } from './bytes.ts';
export { type Clock, every } from './clock.ts';
export { durationMs } from './duration.ts';
export { assert, describeFailure, type Failure, messageOf, TielineError } from './error.ts';
export { AssetId, DeploymentId, ID_PATTERN, SiteId } from './ids.ts';
export { type LogFields, type Logger, silentLogger } from './logger.ts';
export type { RandomStream, Rng } from './rng.ts';
export { hashWords, seededRng } from './seeded-rng.ts';
export { readEvents, type ServerEvent } from './server-events.ts';
export { shellWord } from './shell-word.ts';
export { clipText, countOf } from './text.ts';
export { TokenBuckets } from './token-buckets.ts';
export { clamp, DAY_MS, HOUR_MS, QUARTER_HOUR_MS, roundToWatt } from './units.ts';
