import { readFile, writeFile } from 'node:fs/promises';
import {
  AppError,
  generateOpeningKey,
  parsePrivateKeys,
  publicPart,
  type SecretKeys,
} from '@baton/core/internal';
import { countByKey, type RotationDeps, rotateSecrets } from './rotate.ts';

/** What a command prints. */
export interface SecretsAnswer {
  /** The requested data: lines on standard output. */
  out: string[];
  /** A message on standard error. */
  message: string;
}

/** The dependencies of the commands that use the database. */
export interface SecretsDeps extends RotationDeps {
  keys: SecretKeys;
}

const USAGE = `expected one of
  npm run secrets -- keygen FILE        writes a new private key to FILE and prints its public key
  npm run secrets -- public FILE...     prints the public keys of private keys, as a JWKS
  npm run secrets -- status             counts the sessions and schedules with secrets of each key
  npm run secrets -- rotate             reseals all stored secrets with the first public key`;

/**
 * Runs one of the four commands. `open` connects to the database, for the commands that use it. Throws
 * INVALID_REQUEST for unknown arguments, and INVALID_CONFIG if a key or setting is missing or invalid.
 */
export async function runSecretsCommand(
  [verb, ...files]: string[],
  open: () => Promise<SecretsDeps>,
): Promise<SecretsAnswer> {
  const [file, ...more] = files;
  if (verb === 'keygen' && file !== undefined && more.length === 0) return keygen(file);
  if (verb === 'public' && file !== undefined) return showPublic(files);
  if (verb === 'status' && file === undefined) return status(await open());
  if (verb === 'rotate' && file === undefined) return rotate(await open());
  throw new AppError('INVALID_REQUEST', USAGE);
}

async function keygen(file: string): Promise<SecretsAnswer> {
  const key = await generateOpeningKey();
  // `wx` refuses an existing file: it may hold the only key that opens the stored secrets.
  await writeFile(file, `${JSON.stringify({ keys: [key] }, null, 2)}\n`, {
    mode: 0o600,
    flag: 'wx',
  });
  return {
    out: [JSON.stringify({ keys: [publicPart(key)] }, null, 2)],
    message: `wrote the private key ${key.kid} to ${file}; give it to workers only. Its public key:`,
  };
}

async function showPublic(files: readonly string[]): Promise<SecretsAnswer> {
  const sets = await Promise.all(
    files.map(async (file) => parsePrivateKeys(await readFile(file, 'utf8'), file)),
  );
  const keys = sets.flat().map(publicPart);
  return { out: [JSON.stringify({ keys }, null, 2)], message: `${keys.length} keys` };
}

async function status({ secrets, keys, sealer }: SecretsDeps): Promise<SecretsAnswer> {
  const counts = await countByKey(secrets);
  const ownKids = new Set(keys.opening.map(({ kid }) => kid));
  const names = new Set([...keys.sealing.map(({ kid }) => kid), ...ownKids, ...counts.keys()]);
  return {
    out: [...names].map((kid) => {
      const facts = [
        ...(kid === sealer.kid ? ['seals new secrets'] : []),
        ...(ownKids.has(kid) || kid === 'plain' ? [] : ['no private key in SECRETS_PRIVATE_KEYS']),
      ];
      return [kid, counts.get(kid) ?? 0, ...facts].join('  ');
    }),
    message:
      'Each key, and how many sessions and schedules hold secrets sealed with it. No stored secret needs a key with 0:',
  };
}

async function rotate(deps: SecretsDeps): Promise<SecretsAnswer> {
  if (deps.sealer.kid === undefined) {
    throw new AppError(
      'INVALID_CONFIG',
      'expected SECRETS_PRIVATE_KEYS to name a file with a private key; make one with keygen',
    );
  }
  const { resealed, refused } = await rotateSecrets(deps);
  return {
    out: refused.map(({ id, reason }) => `${id}  ${reason}`),
    message: `resealed ${resealed} with the key ${deps.sealer.kid}, left ${refused.length} unchanged`,
  };
}
