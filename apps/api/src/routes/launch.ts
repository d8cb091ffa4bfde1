import { checkPolicy, infoSchema, sessionConfigSchema, sessionOptionsSchema } from '@baton/core';
import { failures, json } from '../answers.ts';
import { named } from '../openapi-schema.ts';
import type { App, Parts } from '../parts.ts';

const launchBody = sessionConfigSchema.extend(sessionOptionsSchema.shape);
named.add(launchBody, { id: 'LaunchRequest' });

/** Launches a session from a config, with the options beside it. */
export function registerLaunch(app: App, { manager, mongo, policy }: Parts): void {
  app.post(
    '/v1/sessions',
    {
      schema: {
        operationId: 'launchSession',
        summary: 'Launch a session',
        tags: ['sessions'],
        body: launchBody,
        response: {
          202: json('Accepted: it is queued, and can be read at once.', infoSchema),
          ...failures(
            'INVALID_REQUEST',
            'PAYLOAD_TOO_LARGE',
            'WORKING_DIR_NOT_ALLOWED',
            'ENV_NOT_ALLOWED',
            'UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { title, tags, metadata, priority, ...config } = request.body;
      checkPolicy(config, policy);
      // Asked before anything is enqueued: a session nobody can read yet would look like a failed call.
      await mongo.ping();
      const info = await manager.launchSession(config, { title, tags, metadata, priority });
      return reply.code(202).header('location', `/v1/sessions/${info.id}`).send(info);
    },
  );
}
