import { SiteId } from '@tieline/kernel';
import { KINDS } from '@tieline/protocol';
import { z } from 'zod';
import type { ControlPlane } from '../../core/control-plane.ts';
import type { Draft } from '../../core/preview.ts';
import { type App, answer } from './app.ts';
import { base64, bytesOfBase64, HexId, refusals } from './shapes.ts';
import {
  actionFrom,
  assumptionsFrom,
  CommandAnswer,
  CommandDetailAnswer,
  CommandState,
  DraftBody,
  JsonActions,
  PreviewAnswer,
} from './shapes-dispatch.ts';

const tags = ['dispatch'];

/** Looking at what an action would do, ordering it, and following it. */
export function dispatchRoutes(app: App, plane: ControlPlane): void {
  app.post(
    '/v1/dispatch/preview',
    {
      schema: {
        tags,
        summary: 'What a draft would do: power flow of the last known state, before and after',
        body: DraftBody,
        response: { 200: PreviewAnswer, ...refusals },
      },
    },
    ({ body }) => {
      const { preview, digest } = plane.preview(draftFrom(body));
      return answer({ ...preview, digest });
    },
  );
  app.post(
    '/v1/orders',
    {
      schema: {
        tags,
        summary: 'Hands over a signed order; the same order again changes nothing',
        body: z.strictObject({ order: base64(KINDS.order.message.bytesMax) }),
        response: {
          202: z.strictObject({ order: HexId, commands: z.array(CommandAnswer) }),
          ...refusals,
        },
      },
    },
    async ({ body }, reply) =>
      reply.code(202).send(answer(plane.submitOrder(bytesOfBase64(body.order)))),
  );
  app.post(
    '/v1/plans',
    {
      schema: {
        tags,
        summary: 'Commands one site inside the automatic margins, without people',
        body: z.strictObject({
          site: SiteId,
          actions: JsonActions,
          reason: z.string().min(1).max(500),
        }),
        response: { 202: CommandAnswer, ...refusals },
      },
    },
    async ({ body: { site, actions, reason } }, reply) =>
      reply.code(202).send(answer(plane.plan(site, actions.map(actionFrom), reason))),
  );
  commandRoutes(app, plane);
}

function commandRoutes(app: App, plane: ControlPlane): void {
  app.get(
    '/v1/commands',
    {
      schema: {
        tags,
        summary: 'Commands, newest first; those in one state, among the newest 500',
        querystring: z.strictObject({
          site: z.exactOptional(SiteId),
          state: z.exactOptional(CommandState),
          limit: z.coerce.number().int().min(1).max(1_000).default(100),
        }),
        response: { 200: z.strictObject({ commands: z.array(CommandAnswer) }), ...refusals },
      },
    },
    ({ query }) => answer({ commands: plane.commands(query) }),
  );
  app.get(
    '/v1/commands/:id',
    {
      schema: {
        tags,
        summary: 'One command with every offer and every receipt',
        params: z.strictObject({ id: HexId }),
        response: { 200: CommandDetailAnswer, ...refusals },
      },
    },
    ({ params }) => answer(plane.command(params.id)),
  );
}

function draftFrom(body: z.output<typeof DraftBody>): Draft {
  const targets = body.targets.map(({ site, actions, assumes }) => ({
    site,
    actions: actions.map(actionFrom),
    ...(assumes === undefined ? {} : { assumes: assumptionsFrom(assumes) }),
  }));
  return { class: body.class, targets, reason: body.reason };
}
