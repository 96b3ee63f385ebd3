import type { HttpRequest } from '../world.ts';
import { WALL_MS } from './deployment.ts';
import type { Scene } from './small-world.ts';

/** A control plane's answers, by `METHOD /path`; what is not there is 404. Its context and token come along. */
export function answering(
  routes: Readonly<Record<string, unknown>>,
  more: Partial<Scene> = {},
): Scene {
  const context = { url: 'http://127.0.0.1:8080', tokenFile: 'token', trustFile: 'trust.cose' };
  return {
    wallMs: WALL_MS,
    env: { TIELINE_CONTEXT: '/ctx/context.json' },
    ...more,
    files: {
      '/ctx/context.json': JSON.stringify(context),
      '/ctx/token': 'a-token-of-this-test\n',
      ...more.files,
    },
    answer: (request) => answerTo(routes, request),
  };
}

function answerTo(routes: Readonly<Record<string, unknown>>, { method, url }: HttpRequest) {
  const { pathname } = new URL(url);
  const found = routes[`${method} ${pathname}`];
  if (found instanceof Function) return found();
  if (found instanceof Refused) return { status: found.status, body: { error: found.error } };
  if (found !== undefined) return { status: 200, body: found };
  const error = { code: 'not_found', message: 'no such route', facts: {} };
  return { status: 404, body: { error } };
}

/** A refusal as the API words it. */
export class Refused {
  readonly status: number;
  readonly error: { readonly code: string; readonly message: string; readonly facts: object };

  constructor(status: number, code: string, facts: object = {}) {
    this.status = status;
    this.error = { code, message: code, facts };
  }
}

export const COMMAND_ID = '7f83b1657ff1fc53b92dc18148a1d65d';

export function commandAnswer(more: object = {}) {
  return {
    id: COMMAND_ID,
    site: 'site-1',
    state: 'active',
    confirmedBy: null,
    clipped: null,
    final: false,
    detail: null,
    order: '00112233445566778899aabbccddeeff',
    basis: 'order',
    actions: [
      {
        type: 'setpoint',
        asset: 'battery-1',
        activePowerKw: 80,
        rampKwPerS: 10,
        rampOutKwPerS: 10,
        startWithinMs: 0,
        validForMs: 1_800_000,
        revert: { to: 'local' },
        priority: 0,
      },
    ],
    reason: 'evening peak',
    createdWallMs: WALL_MS,
    notBeforeWallMs: WALL_MS,
    notAfterWallMs: WALL_MS + 900_000,
    offers: [],
    ladder: [
      {
        state: 'accepted',
        action: null,
        facts: {},
        auditIndex: 41,
        agentWallMs: WALL_MS + 1_000,
        clock: 'trusted',
        receivedWallMs: WALL_MS + 1_100,
      },
    ],
    ...more,
  };
}

/** An event stream: each state of the command as one event, then the end of the connection. */
export function eventStream(...states: readonly object[]): () => Uint8Array[] {
  return () =>
    states.map((state) => {
      const data = JSON.stringify({ wallMs: WALL_MS, ...commandAnswer(), ...state });
      return new TextEncoder().encode(`id: 1-1\nevent: command\ndata: ${data}\n\n`);
    });
}
