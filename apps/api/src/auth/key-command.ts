import {
  type ApiKey,
  AppError,
  DEFAULT_TENANT,
  type KeyStore,
  parseInput,
  scopeSchema,
} from '@baton/core/internal';
import { z } from 'zod';
import { KEY_TRUSTED_MS } from './key-cache.ts';

/** What a command prints on standard output, and what it says beside it. */
export interface KeyCommandAnswer {
  out: string[];
  message: string;
}

const namePart = z
  .string()
  .regex(/^[\w.@/-]{1,64}$/, 'expected 1 to 64 letters, digits or . _ @ / -');

const newKeySchema = z.strictObject({
  name: namePart,
  scope: scopeSchema,
  tenant: namePart.default(DEFAULT_TENANT),
});

const USAGE = `expected one of
  npm run keys -- create --name NAME --scope read|write|admin [--tenant TENANT]
  npm run keys -- list
  npm run keys -- revoke ID`;

/** Runs `create`, `list` or `revoke`; throws INVALID_REQUEST where it is none of them, NOT_FOUND. */
export async function runKeyCommand(
  keys: KeyStore,
  [verb, id, ...more]: string[],
  options: Record<string, string | undefined>,
): Promise<KeyCommandAnswer> {
  if (more.length > 0) throw new AppError('INVALID_REQUEST', USAGE);
  if (verb === 'create' && id === undefined) {
    const { key, text } = await keys.create(parseInput(newKeySchema, options));
    return { out: [text], message: `${describe(key)}\nIts text is shown this once:` };
  }
  if (verb === 'list' && id === undefined) {
    const all = await keys.list();
    return { out: all.map(describe), message: `${all.length} keys, newest first` };
  }
  if (verb === 'revoke' && id !== undefined) {
    const key = await keys.revoke(id);
    const seconds = KEY_TRUSTED_MS / 1000;
    return { out: [], message: `${describe(key)}\nThe API refuses it within ${seconds} s` };
  }
  throw new AppError('INVALID_REQUEST', USAGE);
}

function describe(key: ApiKey): string {
  const used = key.last_used_at ? `used ${key.last_used_at.toISOString()}` : 'not used yet';
  const revoked = key.revoked_at ? [`revoked ${key.revoked_at.toISOString()}`] : [];
  const made = `made ${key.created_at.toISOString()}`;
  return [key.id, key.scope, key.tenant, key.name, made, used, ...revoked].join('  ');
}
