import { SiteId } from '@tieline/kernel';
import { POLICY_BYTES_MAX } from '@tieline/protocol';
import { z } from 'zod';
import type { ControlPlane } from '../../core/control-plane.ts';
import { ControlError } from '../../core/failure.ts';
import type { HeldPolicy } from '../../core/policies.ts';
import { plain } from '../../core/views.ts';
import { type App, answer } from './app.ts';
import { base64, bytesOfBase64, HexDigest, refusals } from './shapes.ts';
import { ModelAnswer, ModelBody, ModelStatusAnswer, PolicyAnswer } from './shapes-documents.ts';

/** Two MiB of policy as base64. */
const POLICY_BODY_BYTES_MAX = 3 * 1_024 * 1_024;
/** Eight MiB of package as base64, and the release beside it. */
const MODEL_BODY_BYTES_MAX = 12 * 1_024 * 1_024;

/** Signed policy, and models that a release key has signed. */
export function documentRoutes(app: App, plane: ControlPlane): void {
  const tags = ['policy'];
  app.get(
    '/v1/policy',
    {
      schema: {
        tags,
        summary: 'The policy in force',
        response: { 200: PolicyAnswer, ...refusals },
      },
    },
    () => {
      const held = plane.policy();
      if (held === null) throw new ControlError({ code: 'policy_missing' });
      return policyAnswer(held);
    },
  );
  app.put(
    '/v1/policy',
    {
      bodyLimit: POLICY_BODY_BYTES_MAX,
      schema: {
        tags,
        summary: 'Takes a newer signed policy and publishes it to every agent',
        body: z.strictObject({ policy: base64(POLICY_BYTES_MAX) }),
        response: { 200: PolicyAnswer, ...refusals },
      },
    },
    ({ body }) => policyAnswer(plane.acceptPolicy(bytesOfBase64(body.policy))),
  );
  modelRoutes(app, plane);
}

function policyAnswer({ policy, bytes, acceptedWallMs }: HeldPolicy) {
  return {
    version: policy.version,
    acceptedWallMs,
    document: Buffer.from(bytes).toString('base64'),
    body: PolicyAnswer.shape.body.parse(plain(policy)),
  };
}

function modelRoutes(app: App, plane: ControlPlane): void {
  const tags = ['models'];
  app.post(
    '/v1/models',
    {
      bodyLimit: MODEL_BODY_BYTES_MAX,
      schema: {
        tags,
        summary: 'Takes a model package with its signed release',
        body: ModelBody,
        response: { 201: ModelAnswer, ...refusals },
      },
    },
    async ({ body }, reply) => {
      const model = plane.pushModel(bytesOfBase64(body.package), bytesOfBase64(body.release));
      return reply.code(201).send(withoutRelease(model));
    },
  );
  app.get(
    '/v1/models',
    {
      schema: {
        tags,
        summary: 'Every package held',
        response: { 200: z.strictObject({ models: z.array(ModelAnswer) }), ...refusals },
      },
    },
    () => ({ models: plane.models().map(withoutRelease) }),
  );
  app.get(
    '/v1/models/status',
    {
      schema: {
        tags,
        summary: 'What each site shall run, and what it reports running',
        response: { 200: z.strictObject({ sites: z.array(ModelStatusAnswer) }), ...refusals },
      },
    },
    () => answer({ sites: plane.modelStatus() }),
  );
  app.put(
    '/v1/sites/:site/model',
    {
      schema: {
        tags,
        summary: 'Says which model a site shall run; null = none',
        params: z.strictObject({ site: SiteId }),
        body: z.strictObject({ digest: HexDigest.nullable() }),
        response: { 200: ModelStatusAnswer, ...refusals },
      },
    },
    ({ params, body }) => answer(plane.directModel(params.site, body.digest)),
  );
}

function withoutRelease({
  digest,
  name,
  version,
  bytes,
  pushedWallMs,
}: ReturnType<ControlPlane['models']>[number]) {
  return { digest, name, version, bytes, pushedWallMs };
}
