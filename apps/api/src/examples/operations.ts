import type { SealingKey } from '@baton/core/internal';
import type { OperationExamples } from './example.ts';

// The public key of RFC 8037, appendix A.6.
const publicKey = {
  kty: 'OKP',
  crv: 'X25519',
  x: '3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08',
  kid: 'baton-2026-11',
  use: 'enc',
  alg: 'ECDH-ES+A256KW',
} satisfies SealingKey;

const up = { up: { summary: 'The check passed', value: { status: 'ok' } } };

/** The examples of the operations for operators and their tools. */
export const operations: Record<string, OperationExamples> = {
  getSchemas: {
    responses: {
      200: {
        one: {
          summary: 'One of the schemas, shortened',
          value: {
            job: {
              $schema: 'https://json-schema.org/draft/2020-12/schema',
              type: 'object',
              properties: { kind: { type: 'string', const: 'launch' } },
            },
          },
        },
      },
    },
  },
  getSealingKeys: {
    responses: {
      200: {
        one: { summary: 'One key for sealing', value: { keys: [publicKey] } },
        none: { summary: 'No keys: secrets are stored unsealed', value: { keys: [] } },
      },
    },
  },
  healthz: { responses: { 200: up } },
  readyz: { responses: { 200: up } },
};
