import { parseEnv } from '@baton/core/internal';
import { apiSettingsSchema } from '../../apps/api/src/settings.ts';
import { operatorEnv } from '../../apps/worker/src/claude/base-env.ts';
import { workerSettingsSchema } from '../../apps/worker/src/settings.ts';
import type { Environment } from '../dev-services/environment.ts';

// The variables that any program needs, and the file of trusted certificates.
const EVERYWHERE = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'NODE_EXTRA_CA_CERTS'];

/**
 * Returns the part of an environment that the API gets: the API's own settings, and none of the
 * worker's credentials.
 */
export function apiEnvironment(env: Environment): Record<string, string> {
  return pick(env, [...EVERYWHERE, ...Object.keys(apiSettingsSchema.shape)]);
}

/**
 * Returns the part of an environment that a worker gets: the worker's own settings, and the
 * variables that it passes to the CLI.
 */
export function workerEnvironment(env: Environment): Record<string, string> {
  const own = pick(env, [...EVERYWHERE, ...Object.keys(workerSettingsSchema.shape)]);
  // several workers cannot share one port
  return { ...operatorEnv(env), ...own, HEALTH_PORT: '0' };
}

const ownSettings = apiSettingsSchema
  .pick({ HOST: true, PORT: true, QUEUE_PREFIX: true, WORK_ROOT: true })
  .extend(workerSettingsSchema.pick({ DRAIN_TIMEOUT_MS: true }).shape);

/** Returns the settings that a launcher itself uses. Throws INVALID_CONFIG if they are invalid. */
export function launcherSettings(env: Environment) {
  return parseEnv(ownSettings, env);
}

function pick(env: Environment, names: readonly string[]): Record<string, string> {
  const given = names.map((name) => [name, env[name]] as const);
  return Object.fromEntries(
    given.filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
}
