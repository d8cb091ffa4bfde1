import { CompactEncrypt, importJWK } from 'jose';
import { AppError } from '../model/app-error.ts';
import { configHash } from '../model/config-hash.ts';
import type { Job } from '../model/job.ts';
import type { Governed } from '../model/policy.ts';
import { SEALED_PREFIX } from '../model/sealed-text.ts';
import { mapSecrets } from '../model/secret-places.ts';
import { headerOfWhole, SESSION_PARAMETER } from './header.ts';
import { CONTENT_ALGORITHM, KEY_ALGORITHM, type SealingKey } from './key-set.ts';

// Each is sealed by itself, which takes a millisecond.
const MAX_SECRETS = 256;

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
   * The job with every secret of it sealed for its session. One that is `keyed` says the hash of what it
   * was, by which the same request is known again.
   */
  job<T extends Job>(job: T, keyed?: boolean): Promise<T>;
}

/** Where the operator has no keys: everything stays as it is. */
export const NO_SEALER: Sealer = {
  kid: undefined,
  text: async (secret) => secret,
  config: async (config) => config,
  job: async (job) => job,
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
      ...(sessionId === undefined ? {} : { [SESSION_PARAMETER]: sessionId }),
    };
    const jwe = await new CompactEncrypt(new TextEncoder().encode(secret))
      .setProtectedHeader(header)
      .encrypt(await imported);
    return `${SEALED_PREFIX}${jwe}`;
  }

  async function sealConfig<T extends Governed>(config: T, sessionId?: string): Promise<T> {
    const open: string[] = [];
    mapSecrets(config, (secret, field) => {
      if (isSealed(secret, sessionId)) return secret;
      open.push(secret);
      if (open.length > MAX_SECRETS) throw tooMany(field);
      return secret;
    });
    if (open.length === 0) return config;
    const sealed = await Promise.all(open.map((secret) => seal(secret, sessionId)));
    let next = 0;
    return mapSecrets(config, (secret) => {
      if (isSealed(secret, sessionId)) return secret;
      next += 1;
      return sealed[next - 1] ?? '';
    });
  }

  return {
    kid: key.kid,
    text: seal,
    config: sealConfig,
    async job(job, keyed = false) {
      const sealed =
        job.kind === 'launch'
          ? { ...job, config: await sealConfig(job.config, job.id) }
          : { ...job, overrides: await sealConfig(job.overrides, job.id) };
      // Not of every job: whoever reads the hash can try what a short secret may have been.
      return keyed ? { ...sealed, config_hash: configHash(job) } : sealed;
    },
  };
}

// Sealed for no session it would be good for any, to whoever finds it: so it is sealed again, for this one.
function isSealed(secret: string, sessionId: string | undefined): boolean {
  const header = headerOfWhole(secret);
  return header !== null && (sessionId === undefined || header.session !== undefined);
}

function tooMany(field: string): AppError {
  return new AppError(
    'INVALID_REQUEST',
    `${field}: expected at most ${MAX_SECRETS} secrets in all`,
    {
      details: { field },
    },
  );
}
