import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';

/** The server as the routes see it: bodies, queries and answers typed by their zod schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What zod's output types ask for: the same value without `readonly`. */
type Writable<T> = T extends string | number | boolean | null | undefined
  ? T
  : { -readonly [Name in keyof T]: Writable<T[Name]> };

/** The answer is serialised at once, so nobody writes to it; zod's types do not say readonly. */
export function answer<T>(value: T): Writable<T> {
  return value as Writable<T>;
}
