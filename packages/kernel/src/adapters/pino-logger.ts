import { type Logger as Pino, pino } from 'pino';
import type { Clock } from '../clock.ts';
import type { LogFields, Logger } from '../logger.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** JSON lines on standard error; the time of a line is the clock's, so a simulation's log agrees with it. */
export function pinoLogger(name: string, clock: Clock, level: LogLevel = 'info'): Logger {
  const root = pino(
    {
      name,
      level,
      base: { name },
      timestamp: () => `,"time":"${new Date(clock.wallMs()).toISOString()}"`,
      messageKey: 'event',
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ fd: 2, sync: true }),
  );
  return wrap(root);
}

function wrap(line: Pino): Logger {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (event: string, fields: LogFields = {}): void =>
      line[level](fields, event);
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => wrap(line.child(fields)),
  };
}
