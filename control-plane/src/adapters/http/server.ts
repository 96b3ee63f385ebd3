import swagger from '@fastify/swagger';
import { type Logger, messageOf } from '@tieline/kernel';
import { type FastifyError, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ControlPlane } from '../../core/control-plane.ts';
import type { App } from './app.ts';
import { isAuthorized } from './auth.ts';
import { expectedError, type HttpError, httpError } from './errors.ts';
import { CLIENTS_MAX, EventStreams } from './event-stream.ts';
import { controlMetrics } from './metrics.ts';
import { withoutUnused } from './openapi-schemas.ts';
import { agentRoutes } from './routes-agents.ts';
import { dispatchRoutes } from './routes-dispatch.ts';
import { documentRoutes } from './routes-documents.ts';
import { ErrorAnswer, HealthAnswer, refusals } from './shapes.ts';

const BODY_BYTES_MAX = 131_072;
const REQUEST_TIMEOUT_MS = 30_000;
/** Of a server that closes: what was asked is answered within this time, or never, ms. */
const LAST_ANSWERS_MS = 1_000;
/** The only answer that needs no token: that the process lives. */
const OPEN_PATH = '/v1/health';

const UNAUTHORIZED = httpError(401, 'unauthorized', 'a bearer token is needed');

export interface HttpOptions {
  readonly plane: ControlPlane;
  /** Bearer token of everything but health. */
  readonly token: string;
  readonly logger: Logger;
}

/** The HTTP API of a control plane; not yet listening. */
export async function buildServer({ plane, token, logger }: HttpOptions): Promise<App> {
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // A HEAD of the event stream would never be answered, and keep its place.
    exposeHeadRoutes: false,
    // A path that cannot be decoded reaches no hook.
    frameworkErrors: (thrown: FastifyError, { headers }: FastifyRequest, reply: FastifyReply) => {
      const isKnown = isAuthorized(headers.authorization, token);
      const { status, body } = isKnown ? errorOf(thrown, logger) : UNAUTHORIZED;
      void reply.code(status).send(body);
    },
  })
    .withTypeProvider<ZodTypeProvider>()
    .setValidatorCompiler(validatorCompiler)
    .setSerializerCompiler(serializerCompiler);
  app.addHook('onRequest', async ({ url, headers }, reply) => {
    if (url === OPEN_PATH || isAuthorized(headers.authorization, token)) return;
    await reply.code(401).send(UNAUTHORIZED.body);
  });
  app.setErrorHandler((thrown: FastifyError, _request, reply) => {
    const { status, body } = errorOf(thrown, logger);
    return reply.code(status).send(body);
  });
  app.setNotFoundHandler((request, reply) => {
    const place = `${request.method} ${request.url.split('?')[0]}`;
    return reply.code(404).send(httpError(404, 'not_found', `no such resource: ${place}`).body);
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tieline control plane',
        description:
          'Times are Unix ms unless named otherwise. Ids and digests are lower-case hex, signed ' +
          'documents base64. Powers are kW; a signed power is positive into the grid.',
        version: '1',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => withoutUnused(jsonSchemaTransformObject(document)),
  });
  await app.register((routes, _options, done) => {
    allRoutes(routes.withTypeProvider<ZodTypeProvider>(), plane);
    done();
  });
  app.addHook('preClose', async () => leaveNobodyConnected(app));
  await app.ready();
  return app;
}

/** Who has connected and asks nothing, or never reads to the end, would keep a server from closing for a minute. */
function leaveNobodyConnected({ server }: App): void {
  setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS).unref();
}

function allRoutes(app: App, plane: ControlPlane): void {
  app.get(
    OPEN_PATH,
    {
      schema: {
        tags: ['process'],
        summary: 'Whether the process lives and reaches its broker',
        security: [],
        response: { 200: HealthAnswer, '5xx': ErrorAnswer },
      },
    },
    () => plane.health(),
  );
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  agentRoutes(app, plane);
  dispatchRoutes(app, plane);
  documentRoutes(app, plane);
  streamRoutes(app, plane);
}

function streamRoutes(app: App, plane: ControlPlane): void {
  const tags = ['process'];
  const streams = new EventStreams(plane.events);
  app.addHook('preClose', async () => streams.close());
  app.get(
    '/v1/events',
    {
      schema: {
        tags,
        summary: 'Events as they happen: agent, command, model, alarm; `gap` where some are lost',
        headers: z.looseObject({ 'last-event-id': z.string().max(64).optional() }),
        response: {
          200: { content: { 'text/event-stream': { schema: z.string() } } },
          ...refusals,
        },
      },
    },
    async (request, reply) => {
      if (streams.isFull) {
        const message = `${CLIENTS_MAX} clients are listening already`;
        return reply.code(503).send(httpError(503, 'too_many_listeners', message).body);
      }
      reply.hijack();
      streams.serve(reply.raw, request.headers['last-event-id']);
      return reply;
    },
  );
  const metrics = controlMetrics(plane);
  app.get(
    '/metrics',
    {
      schema: {
        tags,
        summary: 'Prometheus metrics',
        response: { 200: { content: { 'text/plain': { schema: z.string() } } }, ...refusals },
      },
    },
    async (_request, reply) =>
      reply.header('content-type', metrics.contentType).send(await metrics.read()),
  );
}

function errorOf(thrown: FastifyError, logger: Logger): HttpError {
  const expected = expectedError(thrown);
  if (expected !== null) return expected;
  if (hasZodFastifySchemaValidationErrors(thrown)) {
    const [first] = thrown.validation;
    const place = `${thrown.validationContext ?? 'request'}${first?.instancePath ?? ''}`;
    const reason = first?.message ?? 'does not fit its shape';
    return httpError(400, 'request_malformed', `${place}: ${reason}`, { place, reason });
  }
  const status = thrown.statusCode ?? 500;
  if (status < 500) return httpError(status, 'request_refused', thrown.message);
  logger.error('request_failed', { reason: messageOf(thrown) });
  return httpError(500, 'internal', 'the control plane failed; its log says why');
}
