import { setImmediate as nextTurn } from 'node:timers/promises';
import { CompactEncrypt, importJWK } from 'jose';
import { AppError } from '../model/errors/app-error.ts';
import { configHash } from '../model/job/config-hash.ts';
import type { Job } from '../model/job/job.ts';
import type { Governed } from '../model/policy/policy.ts';
import { defined } from '../model/schema/defined.ts';
import { SEALED_PREFIX } from '../model/secrets/sealed-text.ts';
import { mapSecrets } from '../model/secrets/secret-fields.ts';
import { parseWholeHeader, SESSION_PARAMETER } from './header.ts';
import { CONTENT_ALGORITHM, KEY_ALGORITHM, type SealingKey } from './key-set.ts';

// The maximum number of secrets of a config. Each secret is sealed separately, which takes half a
// millisecond.
const MAX_SECRETS = 256;

/** How many secrets are sealed before other work of the event loop gets a turn. */
const SEALED_AT_ONCE = 8;

/** Seals secrets so that only workers can read them. Throws INVALID_REQUEST if a config has more than 256 secrets. */
export interface Sealer {
  /** The id of the key that seals; undefined without a key. */
  kid: string | undefined;
  /** Seals one secret for a session. Without `sessionId`, any session may open the secret. */
  text(secret: string, sessionId?: string): Promise<string>;
  /**
   * Returns the config with every secret sealed for this session, or for any session if `sessionId` is absent. A value
   * that the caller sealed for a session stays as it is. A value that was sealed without a session is sealed again.
   */
  config<T extends Governed>(config: T, sessionId?: string): Promise<T>;
  /**
   * Returns the job with its secrets sealed for its session. A job with an idempotency key keeps the hash that its
   * config had before sealing, so that a repeated request is recognized.
   */
  job<T extends Job>(job: T, hasIdempotencyKey?: boolean): Promise<T>;
  /**
   * Returns a sealer for all launches of one request, which together may have at most `most`
   * secrets. A config with more secrets than are left is refused with INVALID_REQUEST and uses none
   * of them up, so a later launch with fewer secrets may still fit.
   */
  forMany(most: number): Sealer;
}

/** The sealer of an operator without keys. It changes nothing. */
export const NO_SEALER: Sealer = {
  kid: undefined,
  text: async (secret) => secret,
  config: async (config) => config,
  job: async (job) => job,
  forMany: () => NO_SEALER,
};

/** Creates a sealer for the first of these public keys. Without a key it seals nothing. */
export function createSealer([key]: readonly SealingKey[]): Sealer {
  return key ? sealTo(key) : NO_SEALER;
}

function sealTo(key: SealingKey): Sealer {
  const imported = importJWK(key, KEY_ALGORITHM);
  // Every call that seals reports a failed import. Until such a call, this handler keeps a failure from ending the
  // process.
  imported.catch(() => {});

  async function seal(secret: string, sessionId?: string): Promise<string> {
    const header = {
      alg: KEY_ALGORITHM,
      enc: CONTENT_ALGORITHM,
      kid: key.kid,
      ...defined({ [SESSION_PARAMETER]: sessionId }),
    };
    const jwe = await new CompactEncrypt(new TextEncoder().encode(secret))
      .setProtectedHeader(header)
      .encrypt(await imported);
    return `${SEALED_PREFIX}${jwe}`;
  }

  async function sealAll(secrets: readonly string[], sessionId?: string): Promise<string[]> {
    const sealed: string[] = [];
    while (sealed.length < secrets.length) {
      if (sealed.length > 0) await nextTurn();
      const some = secrets.slice(sealed.length, sealed.length + SEALED_AT_ONCE);
      sealed.push(...(await Promise.all(some.map((secret) => seal(secret, sessionId)))));
    }
    return sealed;
  }

  async function sealConfig<T extends Governed>(
    config: T,
    sessionId: string | undefined,
    budget: SealBudget,
  ): Promise<T> {
    const open: string[] = [];
    mapSecrets(config, (secret, field) => {
      if (isSealed(secret, sessionId)) return secret;
      open.push(secret);
      if (open.length > MAX_SECRETS) throw tooMany(field, `${MAX_SECRETS} secrets in one config`);
      if (open.length > budget.left) throw tooMany(field, budget.description);
      return secret;
    });
    if (open.length === 0) return config;
    budget.left -= open.length;
    const sealed = await sealAll(open, sessionId);
    let next = 0;
    return mapSecrets(config, (secret) => {
      if (isSealed(secret, sessionId)) return secret;
      next += 1;
      return sealed[next - 1] ?? '';
    });
  }

  const within = (budget: SealBudget): Sealer => ({
    kid: key.kid,
    text: seal,
    config: (config, sessionId) => sealConfig(config, sessionId, budget),
    async job(job, hasIdempotencyKey = false) {
      const sealed =
        job.kind === 'launch'
          ? { ...job, config: await sealConfig(job.config, job.id, budget) }
          : { ...job, overrides: await sealConfig(job.overrides, job.id, budget) };
      // Other jobs get no such hash, because anybody who reads the hash could use it to guess a short secret.
      return hasIdempotencyKey ? { ...sealed, config_hash: configHash(job) } : sealed;
    },
    forMany: (most) =>
      within({ left: most, description: `${most} secrets in all launches of one request` }),
  });
  return within({ left: Number.POSITIVE_INFINITY, description: '' });
}

// How many secrets may still be sealed, and how an error describes the limit.
interface SealBudget {
  left: number;
  description: string;
}

// A value that is sealed without a session could be opened in any session, so it is sealed again for this session.
function isSealed(secret: string, sessionId: string | undefined): boolean {
  const header = parseWholeHeader(secret);
  return header !== null && (sessionId === undefined || header.session !== undefined);
}

function tooMany(field: string, most: string): AppError {
  return new AppError('INVALID_REQUEST', `${field}: expected at most ${most}`, {
    details: { field },
  });
}
