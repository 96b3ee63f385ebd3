import type { ControlEvent } from '@tieline/control-plane';
import { type Clock, type RandomStream, readEvents } from '@tieline/kernel';
import type { Action, HeldKey, Trust } from '@tieline/protocol';
import { z } from 'zod';
import { signOrder } from '../../deployment/sign-order.ts';

/** How long the control plane may take to answer, real ms. */
const ANSWER_MS = 10_000;

const Command = z.looseObject({
  id: z.string(),
  site: z.string(),
  state: z.string(),
  confirmedBy: z.enum(['device', 'meter']).nullable(),
  /** What a limit has left of it. */
  clipped: z.looseObject({ by: z.string(), toKw: z.number() }).nullable(),
});
const CommandLadder = z.looseObject({
  state: z.string(),
  final: z.boolean(),
  ladder: z.array(z.looseObject({ state: z.string(), facts: z.record(z.string(), z.unknown()) })),
});
const Preview = z.looseObject({ digest: z.string() });
const Submitted = z.looseObject({ commands: z.array(Command) });
const Agent = z.looseObject({
  site: z.string(),
  link: z.string(),
  heardWallMs: z.number().nullable(),
  auditReceipted: z.number(),
  waiting: z.number(),
  reported: z
    .looseObject({
      model: z.string().nullable(),
      policy: z.number(),
      audit: z.looseObject({ size: z.number() }),
      refused: z.record(z.string(), z.number()),
    })
    .nullable(),
});
const AgentDetail = Agent.extend({
  measurements: z.array(
    z.looseObject({ quantity: z.string(), value: z.number(), wallMs: z.number() }),
  ),
});
export type CommandView = z.output<typeof Command>;
export type AgentDetail = z.output<typeof AgentDetail>;
export type CommandLadder = z.output<typeof CommandLadder>;
export type AgentView = z.output<typeof Agent>;

export interface OperatorParts {
  readonly url: string;
  readonly token: string;
  readonly key: HeldKey;
  readonly trust: Trust;
  readonly clock: Clock;
  readonly ids: RandomStream;
}

/** The person at the desk: looks, signs with a key of their own, sends; the control plane never sees that key. */
export class Operator {
  readonly #parts: OperatorParts;

  constructor(parts: OperatorParts) {
    this.#parts = parts;
  }

  async agents(): Promise<readonly AgentView[]> {
    const answer = z.looseObject({ agents: z.array(Agent) });
    return answer.parse(await this.#get('/v1/agents')).agents;
  }

  /** One agent with its newest measurements. */
  async agent(site: string): Promise<AgentDetail> {
    return AgentDetail.parse(await this.#get(`/v1/agents/${site}`));
  }

  /** What the control plane says, until `signal` aborts. @throws where the stream breaks */
  async *events(signal: AbortSignal): AsyncGenerator<ControlEvent> {
    const { url, token } = this.#parts;
    const headers = { authorization: `Bearer ${token}` };
    const { body } = await fetch(`${url}/v1/events`, { headers, signal });
    if (body === null) throw new Error('/v1/events: no stream');
    for await (const { event, data } of readEvents(body)) {
      const { wallMs: _, ...said } = JSON.parse(data) as Record<string, unknown>;
      // As a control plane of this very source wrote it.
      yield { type: event, ...said } as ControlEvent;
    }
  }

  async commands(): Promise<readonly CommandView[]> {
    const answer = z.looseObject({ commands: z.array(Command) });
    return answer.parse(await this.#get('/v1/commands')).commands;
  }

  /** One command with every receipt. */
  async command(id: string): Promise<CommandLadder> {
    return CommandLadder.parse(await this.#get(`/v1/commands/${id}`));
  }

  /** Hands over a signed order. */
  async submitOrder(order: Uint8Array): Promise<{ readonly commands: readonly CommandView[] }> {
    return Submitted.parse(await this.#send('POST', '/v1/orders', { order: base64(order) }));
  }

  async publishPolicy(policy: Uint8Array): Promise<void> {
    await this.#send('PUT', '/v1/policy', { policy: base64(policy) });
  }

  /** Hands a signed release to the control plane. @returns the package's digest, hex */
  async pushModel(packed: Uint8Array, release: Uint8Array): Promise<string> {
    const body = { package: base64(packed), release: base64(release) };
    return z.looseObject({ digest: z.string() }).parse(await this.#send('POST', '/v1/models', body))
      .digest;
  }

  async directModel(site: string, digest: string): Promise<void> {
    await this.#send('PUT', `/v1/sites/${site}/model`, { digest });
  }

  /** The exported audit log of a site, as the control plane holds it. */
  async auditExport(site: string): Promise<Uint8Array> {
    const response = await this.#ask(`/v1/audit/${site}/export`);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** Preview, sign, send: one order for one site. */
  async dispatch(site: string, actions: readonly Action[], reason: string): Promise<CommandView> {
    const { key, trust, clock, ids } = this.#parts;
    const draft = { class: 'routine', reason, targets: [{ site, actions }] };
    const preview = Preview.parse(await this.#send('POST', '/v1/dispatch/preview', draft));
    const signed = signOrder({
      id: ids.bytes(16),
      site,
      actions,
      reason,
      preview: new Uint8Array(Buffer.from(preview.digest, 'hex')),
      anchor: trust.anchor,
      key,
      nowS: Math.floor(clock.wallMs() / 1_000),
    });
    const { commands } = await this.submitOrder(signed);
    const [command] = commands;
    if (command === undefined) throw new Error('the order led to no command');
    return command;
  }

  async #get(path: string): Promise<unknown> {
    return (await this.#ask(path)).json();
  }

  async #send(method: 'POST' | 'PUT', path: string, body: unknown): Promise<unknown> {
    return (await this.#ask(path, { method, body: JSON.stringify(body) })).json();
  }

  async #ask(path: string, init: { method?: string; body?: string } = {}): Promise<Response> {
    const { url, token } = this.#parts;
    const headers = {
      authorization: `Bearer ${token}`,
      ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const signal = AbortSignal.timeout(ANSWER_MS);
    const response = await fetch(`${url}${path}`, { ...init, headers, signal });
    if (!response.ok) {
      throw new Error(`${path}: ${response.status} ${(await response.text()).slice(0, 300)}`);
    }
    return response;
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
