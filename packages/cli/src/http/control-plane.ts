import { readEvents, type ServerEvent } from '@tieline/kernel';
import { z } from 'zod';
import { CliError, EXIT } from '../exit.ts';
import { type Context, readContext, readToken } from '../input/context.ts';
import { textOf } from '../input/files.ts';
import type { GlobalFlags } from '../table/spec.ts';
import type { HttpAnswer, HttpRequest, World } from '../world.ts';
import { refusalError } from './refusal.ts';

const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 64 * 1_048_576;
const REFUSAL_BYTES_MAX = 65_536;

const RefusalAnswer = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    facts: z.record(z.string(), z.unknown()).default({}),
  }),
});

/** The control plane's HTTP API, spoken to with the token of a context. */
export class ControlPlane {
  readonly context: Context;
  readonly #world: World;
  readonly #token: string;
  readonly #timeoutMs: number;

  /** @throws {CliError} usage where no context names a control plane, or its token cannot be read */
  static async open(world: World, global: GlobalFlags): Promise<ControlPlane> {
    const context = await readContext(world, global);
    return new ControlPlane(world, context, await readToken(world, context), global.timeoutMs);
  }

  private constructor(
    world: World,
    context: Context,
    token: string,
    timeoutMs: number | undefined,
  ) {
    this.context = context;
    this.#world = world;
    this.#token = token;
    this.#timeoutMs = timeoutMs ?? TIMEOUT_MS;
  }

  /** Unix time, ms, as the deployment counts it. */
  async wallMs(): Promise<number> {
    return (await this.#world.clock(this.context.clock)).wallMs();
  }

  async get<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> {
    return await this.#ask({ method: 'GET', path }, schema);
  }

  async post<S extends z.ZodType>(path: string, body: unknown, schema: S): Promise<z.output<S>> {
    return await this.#ask({ method: 'POST', path, body }, schema);
  }

  async put<S extends z.ZodType>(path: string, body: unknown, schema: S): Promise<z.output<S>> {
    return await this.#ask({ method: 'PUT', path, body }, schema);
  }

  /** A body of any size, as it comes. */
  async download(path: string): Promise<AsyncIterable<Uint8Array>> {
    return (await this.#send({ method: 'GET', path })).chunks();
  }

  /** Events from now on. Once this resolves the subscription stands: nothing that happens later is missed. */
  async events(signal?: AbortSignal): Promise<AsyncGenerator<ServerEvent>> {
    const answer = await this.#send({ method: 'GET', path: '/v1/events' }, signal);
    return readEvents(answer.chunks());
  }

  async #ask<S extends z.ZodType>(asked: Asked, schema: S): Promise<z.output<S>> {
    const answer = await this.#send(asked);
    const value = jsonOrNull(await answer.bytes(ANSWER_BYTES_MAX));
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    throw new CliError(EXIT.failed, {
      code: 'answer_unexpected',
      what: 'The control plane answers in a way that this command does not know',
      facts: [
        ['request', `${asked.method} ${asked.path}`],
        ['place', issue?.path.join('.') || '(whole)'],
        ['reason', issue?.message ?? 'it does not fit its shape'],
      ],
    });
  }

  async #send({ method, path, body }: Asked, signal?: AbortSignal): Promise<HttpAnswer> {
    const answer = await this.#world.request({
      method,
      url: `${this.context.url}${path}`,
      headers: { authorization: `Bearer ${this.#token}` },
      timeoutMs: this.#timeoutMs,
      ...(body !== undefined && { body }),
      ...(signal && { signal }),
    });
    if (answer.status < 300) return answer;
    const refused = RefusalAnswer.safeParse(jsonOrNull(await answer.bytes(REFUSAL_BYTES_MAX)));
    const error = refused.success
      ? refused.data.error
      : { code: `http_${answer.status}`, message: 'no reason was given', facts: {} };
    throw refusalError({ status: answer.status, ...error }, method !== 'GET');
  }
}

interface Asked {
  readonly method: HttpRequest['method'];
  readonly path: string;
  readonly body?: unknown;
}

function jsonOrNull(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(textOf('answer', bytes));
  } catch {
    return null;
  }
}

/** `/v1/commands?site=site-1`; what is undefined is left out. */
export function query(
  path: string,
  parameters: Readonly<Record<string, string | number | undefined>>,
): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? path : `${path}?${search}`;
}
