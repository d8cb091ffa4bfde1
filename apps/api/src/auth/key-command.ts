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

/** The result of a command: lines for standard output, and a message for standard error. */
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

const USAGE = `expected one of these commands:
  npm run keys -- create --name NAME --scope read|write|admin [--tenant TENANT]
  npm run keys -- list
  npm run keys -- revoke ID`;

/**
 * Runs the command `create`, `list` or `revoke`. Throws INVALID_REQUEST for an unknown command or
 * invalid options, and NOT_FOUND if no key has the id to revoke.
 */
export async function runKeyCommand(
  keys: KeyStore,
  [verb, id, ...more]: string[],
  options: Record<string, string | undefined>,
): Promise<KeyCommandAnswer> {
  if (more.length > 0) throw new AppError('INVALID_REQUEST', USAGE);
  if (verb === 'create' && id === undefined) {
    const { key, text } = await keys.create(parseInput(newKeySchema, options));
    return { out: [text], message: `${describe(key)}\nSave the key now; it is shown only once:` };
  }
  if (verb === 'list' && id === undefined) {
    const all = await keys.list();
    return { out: all.map(describe), message: `${all.length} keys, newest first` };
  }
  if (verb === 'revoke' && id !== undefined) {
    const key = await keys.revoke(id);
    const seconds = KEY_TRUSTED_MS / 1000;
    return { out: [], message: `${describe(key)}\nThe API refuses this key within ${seconds} s` };
  }
  throw new AppError('INVALID_REQUEST', USAGE);
}

function describe(key: ApiKey): string {
  const used = key.last_used_at ? `used ${key.last_used_at.toISOString()}` : 'not used yet';
  const revoked = key.revoked_at ? [`revoked ${key.revoked_at.toISOString()}`] : [];
  const created = `created ${key.created_at.toISOString()}`;
  return [key.id, key.scope, key.tenant, key.name, created, used, ...revoked].join('  ');
}
