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

// Each is sealed by itself, which takes half a millisecond.
const MAX_SECRETS = 256;

/** How many of a config are sealed before others have their turn of the event loop. */
const SEALED_AT_ONCE = 8;

/** Puts secrets where only workers can read them. Throws INVALID_REQUEST where there are more than 256. */
export interface Sealer {
  /** The key that it seals to; undefined where there is none. */
  kid: string | undefined;
  /** One secret, sealed for this session or for whatever one. */
  text(secret: string, sessionId?: string): Promise<string>;
  /**
   * The config with every secret sealed for this session, or for whatever session where none is named
   * yet. A value that somebody sealed for a session stays as it is; one sealed for none is sealed again.
   */
  config<T extends Governed>(config: T, sessionId?: string): Promise<T>;
  /**
   * Returns the job with its secrets sealed for its session. A job that has an idempotency key keeps the hash of
   * its config before the sealing, by which the same request is recognized.
   */
  job<T extends Job>(job: T, hasIdempotencyKey?: boolean): Promise<T>;
  /**
   * The same for all launches of one request, which have at most so many secrets together: a config with
   * more than is left is refused as INVALID_REQUEST, and leaves what is left to the next.
   */
  forMany(most: number): Sealer;
}

/** Where the operator has no keys: everything stays as it is. */
export const NO_SEALER: Sealer = {
  kid: undefined,
  text: async (secret) => secret,
  config: async (config) => config,
  job: async (job) => job,
  forMany: () => NO_SEALER,
};

/** Sealing to the first of these public keys; without any nothing is sealed. */
export function createSealer([key]: readonly SealingKey[]): Sealer {
  return key ? sealTo(key) : NO_SEALER;
}

function sealTo(key: SealingKey): Sealer {
  const imported = importJWK(key, KEY_ALGORITHM);
  // Whoever seals is told; nobody may ever.
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
      if (open.length > MAX_SECRETS) throw tooMany(field, `${MAX_SECRETS} secrets in all`);
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
      // Not of every job: whoever reads the hash can try what a short secret may have been.
      return hasIdempotencyKey ? { ...sealed, config_hash: configHash(job) } : sealed;
    },
    forMany: (most) =>
      within({ left: most, description: `${most} secrets in all launches of a request together` }),
  });
  return within({ left: Number.POSITIVE_INFINITY, description: '' });
}

// What may still be sealed, and how a refusal says what might have been.
interface SealBudget {
  left: number;
  description: string;
}

// Sealed for no session it would be good for any, to whoever finds it: so it is sealed again, for this one.
function isSealed(secret: string, sessionId: string | undefined): boolean {
  const header = parseWholeHeader(secret);
  return header !== null && (sessionId === undefined || header.session !== undefined);
}

function tooMany(field: string, most: string): AppError {
  return new AppError('INVALID_REQUEST', `${field}: expected at most ${most}`, {
    details: { field },
  });
}
