import { AppError } from './app-error.ts';
import { forbiddenEnvName } from './env-names.ts';
import type { SessionConfig } from './session-config.ts';
import { isInsideRoots } from './working-dir.ts';

/** What the operator allows callers to ask for. */
export interface Policy {
  /** Directories that a session may work in or be given, with all below them. */
  allowedRoots: readonly string[];
  /** Names that `config.env` may set although they are refused by default. */
  allowedEnv: readonly string[];
}

/** The parts of a config that a policy speaks of; `null` as in a continue's overrides. */
export type Governed = {
  [K in 'working_dir' | 'additional_directories' | 'env' | 'settings']?:
    | SessionConfig[K]
    | null
    | undefined;
};

/**
 * Refuses what the operator does not allow, by the letter of the request: WORKING_DIR_NOT_ALLOWED or
 * ENV_NOT_ALLOWED, naming the field.
 */
export function checkPolicy(asked: Governed, policy: Policy): void {
  if (asked.working_dir) checkDirectory('working_dir', asked.working_dir, policy);
  for (const [index, path] of (asked.additional_directories ?? []).entries()) {
    checkDirectory(`additional_directories.${index}`, path, policy);
  }
  checkEnv('env', asked.env, policy);
  // The CLI puts `settings.env` into its own environment: the same names, the same harm.
  checkEnv('settings.env', asked.settings?.['env'], policy);
}

function checkDirectory(field: string, path: string, { allowedRoots }: Policy): void {
  if (isInsideRoots(path, allowedRoots)) return;
  throw new AppError(
    'WORKING_DIR_NOT_ALLOWED',
    `${field}: expected a directory inside an allowed root, got ${path}`,
    { details: { field } },
  );
}

function checkEnv(field: string, env: unknown, { allowedEnv }: Policy): void {
  if (typeof env !== 'object' || env === null) return;
  const name = forbiddenEnvName(env as Record<string, string>, allowedEnv);
  if (name === null) return;
  throw new AppError('ENV_NOT_ALLOWED', `${field}: ${name} may not be set by a caller`, {
    details: { field: `${field}.${name}` },
  });
}
