import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { json } from '../openapi/responses.ts';

/** How long a caller may keep the keys, in seconds: a new one is served before old ones go. */
const MAX_AGE_S = 300;

const keySet = z.object({
  keys: z
    .array(z.looseObject({ kty: z.string(), kid: z.string(), use: z.string(), alg: z.string() }))
    .describe('The first is the one to seal to. None: this installation seals nothing.'),
});

/** Serves the public keys that callers seal secrets to (RFC 7517). */
export function registerJwks(app: App, { sealingKeys }: Pick<AppDeps, 'sealingKeys'>): void {
  app.get(
    '/.well-known/jwks.json',
    {
      schema: {
        operationId: 'getSealingKeys',
        summary: 'The public keys that secrets are sealed to',
        description:
          'A text in `env`, `settings` or `mcp_config`, or a part of one, may be `baton-sealed.` and a JWE in compact form to the first key (ECDH-ES+A256KW, A256GCM), with its `kid`. Workers alone can open it.',
        tags: ['operations'],
        response: { 200: json('A JWKS.', keySet) },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', `public, max-age=${MAX_AGE_S}`);
      return { keys: [...sealingKeys] };
    },
  );
}
