import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { json } from '../openapi/responses.ts';

/**
 * How long a caller may cache the keys, in seconds. An operator serves a new key before removing an
 * old key.
 */
const MAX_AGE_S = 300;

const keySet = z.object({
  keys: z
    .array(z.looseObject({ kty: z.string(), kid: z.string(), use: z.string(), alg: z.string() }))
    .describe('Seal to the first key. An empty list: this installation stores secrets unsealed.'),
});

/** Serves the public keys that callers use to seal secrets, as a JWKS (RFC 7517). */
export function registerJwks(app: App, { sealingKeys }: Pick<AppDeps, 'sealingKeys'>): void {
  app.get(
    '/.well-known/jwks.json',
    {
      schema: {
        operationId: 'getSealingKeys',
        summary: 'Get the public keys for sealing secrets',
        description:
          'A string in `env`, `settings` or `mcp_config` may be sealed as a whole or in part. A sealed value is `baton-sealed.` followed by a compact JWE that is encrypted to the first key (ECDH-ES+A256KW, A256GCM) and names its `kid`. Only workers can open it.',
        tags: ['operations'],
        response: { 200: json('The keys, as a JWKS.', keySet) },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', `public, max-age=${MAX_AGE_S}`);
      return { keys: [...sealingKeys] };
    },
  );
}
