import { Readable } from 'node:stream';
import { SiteId } from '@tieline/kernel';
import { Quantity } from '@tieline/protocol';
import { z } from 'zod';
import { QUERY_POINTS_MAX } from '../../core/bounds.ts';
import type { ControlPlane } from '../../core/control-plane.ts';
import { type App, answer } from './app.ts';
import { auditPage } from './audit-page.ts';
import { refusals, WallMs } from './shapes.ts';
import {
  AgentAnswer,
  AgentDetail,
  AuditAnswer,
  AuditQuery,
  ExportQuery,
  TelemetryAnswer,
} from './shapes-agents.ts';

/** A stream of bytes; its type is told to readers of the reference alone. */
const FileContent = z.unknown().meta({ type: 'string', format: 'binary' });
const atSite = z.strictObject({ site: SiteId });

/** What the agents are, measure and prove. */
export function agentRoutes(app: App, plane: ControlPlane): void {
  const tags = ['agents'];
  app.get(
    '/v1/agents',
    {
      schema: {
        tags,
        summary: 'Every agent of the configuration',
        response: { 200: z.strictObject({ agents: z.array(AgentAnswer) }), ...refusals },
      },
    },
    () => answer({ agents: plane.agents() }),
  );
  app.get(
    '/v1/agents/:site',
    {
      schema: {
        tags,
        summary: 'One agent with its newest measurements',
        params: atSite,
        response: { 200: AgentDetail, ...refusals },
      },
    },
    ({ params }) => answer(plane.agent(params.site)),
  );
  app.post(
    '/v1/agents/:site/release',
    {
      schema: {
        tags,
        summary: 'Lets a quarantined site have commands again',
        params: atSite,
        body: z.strictObject({ reason: z.string().min(1).max(500) }),
        response: { 200: AgentAnswer, ...refusals },
      },
    },
    ({ params, body }) => answer(plane.release(params.site, body.reason)),
  );
  telemetryRoute(app, plane);
  auditRoutes(app, plane);
}

function telemetryRoute(app: App, plane: ControlPlane): void {
  app.get(
    '/v1/telemetry',
    {
      schema: {
        tags: ['telemetry'],
        summary: 'One quantity over a range, in at most `points` buckets with mean and extremes',
        querystring: z.strictObject({
          site: SiteId,
          asset: z.string().min(1).max(32),
          quantity: Quantity,
          fromMs: z.coerce.number().pipe(WallMs),
          toMs: z.coerce.number().pipe(WallMs),
          points: z.coerce.number().int().min(1).max(QUERY_POINTS_MAX).default(500),
        }),
        response: { 200: TelemetryAnswer, ...refusals },
      },
    },
    ({ query: { points, ...query } }) => answer(plane.telemetry(query, points)),
  );
}

function auditRoutes(app: App, plane: ControlPlane): void {
  const tags = ['audit'];
  app.get(
    '/v1/audit/:site',
    {
      schema: {
        tags,
        summary: 'Records of a site’s audit log; byte strings as hex',
        params: atSite,
        querystring: AuditQuery,
        response: { 200: AuditAnswer, ...refusals },
      },
    },
    ({ params: { site }, query }) => auditPage(plane, site, query),
  );
  app.get(
    '/v1/audit/:site/export',
    {
      schema: {
        tags,
        summary: 'The whole log with checkpoint and receipts, to be verified offline',
        params: atSite,
        querystring: ExportQuery,
        response: {
          200: { content: { 'application/octet-stream': { schema: FileContent } } },
          ...refusals,
        },
      },
    },
    async ({ params: { site }, query: { closed } }, reply) => {
      const chunks = plane.exportAudit(site, closed);
      const name = `attachment; filename="${site}${closed ? `-${closed}` : ''}.tlaudit"`;
      reply.header('content-type', 'application/octet-stream').header('content-disposition', name);
      return reply.send(Readable.from(chunks));
    },
  );
}
