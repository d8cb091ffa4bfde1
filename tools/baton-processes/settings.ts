import { parseEnv } from '@baton/core/internal';
import { apiSettingsSchema } from '../../apps/api/src/settings.ts';
import { operatorEnv } from '../../apps/worker/src/claude/base-env.ts';
import { workerSettingsSchema } from '../../apps/worker/src/settings.ts';
import type { Environment } from '../dev-services/environment.ts';

// What any program needs to run at all, and where it finds whom to trust.
const EVERYWHERE = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'NODE_EXTRA_CA_CERTS'];

/** What the API sees of an environment: its own settings, and nothing of the worker's credentials. */
export function apiEnvironment(env: Environment): Record<string, string> {
  return pick(env, [...EVERYWHERE, ...Object.keys(apiSettingsSchema.shape)]);
}

/** What a worker sees of an environment: its own settings, and what it passes on to the CLI. */
export function workerEnvironment(env: Environment): Record<string, string> {
  const own = pick(env, [...EVERYWHERE, ...Object.keys(workerSettingsSchema.shape)]);
  // one port for several workers cannot be
  return { ...operatorEnv(env), ...own, HEALTH_PORT: '0' };
}

const ownSettings = apiSettingsSchema
  .pick({ HOST: true, PORT: true, QUEUE_PREFIX: true, WORK_ROOT: true })
  .extend(workerSettingsSchema.pick({ DRAIN_TIMEOUT_MS: true }).shape);

/** The settings that a launcher itself goes by; throws INVALID_CONFIG where they are wrong. */
export function launcherSettings(env: Environment) {
  return parseEnv(ownSettings, env);
}

function pick(env: Environment, names: readonly string[]): Record<string, string> {
  const given = names.map((name) => [name, env[name]] as const);
  return Object.fromEntries(
    given.filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
}
