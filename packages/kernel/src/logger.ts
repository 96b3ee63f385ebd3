/** Fields of one log line: facts, never payloads or secrets. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** One event name plus fields. Event names are `noun_verb` in the past tense: `command_refused`. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  child(fields: LogFields): Logger;
}

/** Says nothing; for tests and for the virtual world. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};
