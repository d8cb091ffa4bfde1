import { readFile, writeFile } from 'node:fs/promises';
import {
  AppError,
  generateOpeningKey,
  parsePrivateKeys,
  publicPart,
  type SecretKeys,
} from '@baton/core/internal';
import { countByKey, type RotationDeps, rotateSecrets } from './rotate.ts';

/** What a command prints on standard output, and what it says beside it. */
export interface SecretsAnswer {
  out: string[];
  message: string;
}

/** What the commands that need the database work with. */
export interface SecretsDeps extends RotationDeps {
  keys: SecretKeys;
}

const USAGE = `expected one of
  npm run secrets -- keygen FILE        makes a private key, and prints its public part
  npm run secrets -- public FILE...     prints the public parts of private keys, as a JWKS
  npm run secrets -- status             counts what is sealed to which key
  npm run secrets -- rotate             seals everything to the first public key`;

/** Runs one of the four; `open` gives the database to those that need it. Throws INVALID_REQUEST, INVALID_CONFIG. */
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
  // A file that is there may hold the one key to what is stored.
  await writeFile(file, `${JSON.stringify({ keys: [key] }, null, 2)}\n`, {
    mode: 0o600,
    flag: 'wx',
  });
  return {
    out: [JSON.stringify({ keys: [publicPart(key)] }, null, 2)],
    message: `${file} holds the private key ${key.kid}, for workers alone. Its public part:`,
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
        ...(kid === sealer.kid ? ['is sealed to'] : []),
        ...(ownKids.has(kid) || kid === 'plain' ? [] : ['its private key is not here']),
      ];
      return [kid, counts.get(kid) ?? 0, ...facts].join('  ');
    }),
    message:
      'Keys, and how many sessions and schedules hold secrets of them. A key with 0 is needed by nothing stored:',
  };
}

async function rotate(deps: SecretsDeps): Promise<SecretsAnswer> {
  if (deps.sealer.kid === undefined) {
    throw new AppError('INVALID_CONFIG', 'expected SECRETS_PRIVATE_KEYS to name a key');
  }
  const { resealed, refused } = await rotateSecrets(deps);
  return {
    out: refused.map(({ id, reason }) => `${id}  ${reason}`),
    message: `${resealed} sealed to ${deps.sealer.kid}, ${refused.length} left as they were`,
  };
}
