import {
  createLogger,
  type Logger,
  type Prices,
  parseEnv,
  readSecretKeys,
  type SecretKeys,
} from '@baton/core/internal';
import { operatorEnv } from '../claude/base-env.ts';
import { holdsCredential } from '../claude/credentials.ts';
import { type ClaudeCli, findClaude } from '../claude/find-claude-cli.ts';
import { operatorSecrets } from '../claude/operator-secrets.ts';
import { createIdentity, type WorkerIdentity } from '../host/identity.ts';
import { makeWorkRoot } from '../host/work-root.ts';
import { createMasker, type Masker } from '../masking/masker.ts';
import type { RepositoryAccess } from '../repository/git-settings.ts';
import { secretsOfCredentials } from '../repository/operator-credentials.ts';
import { type WorkerSettings, workerSettingsSchema } from '../settings.ts';
import type { WorkspaceSettings } from '../workspace/workspace-settings.ts';
import { openCaptures } from './open-captures.ts';
import { openRepositories, readGitCredentials } from './open-repositories.ts';
import { readPrices } from './read-prices.ts';

/** What a worker process reads when it starts: its settings, and the CLI, keys and folders that they name. */
export interface WorkerEnvironment {
  settings: WorkerSettings;
  identity: WorkerIdentity;
  /** Masks the operator's secrets in every line. */
  log: Logger;
  /** Values of the environment that must never be stored or logged. */
  secrets: readonly string[];
  masker: Masker;
  /** The environment that the CLI inherits. */
  baseEnv: Record<string, string>;
  keys: SecretKeys;
  cli: ClaudeCli;
  prices: Prices;
  workRoot: string;
  /** How this worker captures the files of sessions. */
  workspace: WorkspaceSettings;
  /** How this worker reaches repositories. Null if it cannot. */
  repositories: RepositoryAccess | null;
}

/**
 * Reads the environment of a worker process, before it connects to anything. Throws INVALID_CONFIG if a
 * setting is invalid, and CLAUDE_NOT_FOUND or CLAUDE_TOO_OLD if there is no CLI that it can run.
 */
export async function readWorkerEnvironment(
  env: Record<string, string | undefined>,
): Promise<WorkerEnvironment> {
  const settings = parseEnv(workerSettingsSchema, env);
  const identity = createIdentity();
  const gitCredentials = await readGitCredentials(settings.GIT_CREDENTIALS_FILE);
  const secrets = [...operatorSecrets(env), ...secretsOfCredentials(gitCredentials)];
  const masker = createMasker(secrets);
  const log = createLogger('baton-worker', settings.LOG_LEVEL, undefined, masker.line).child({
    worker_id: identity.workerId,
  });
  const baseEnv = operatorEnv(env);
  const keys = await readSecretKeys(settings);
  const cli = await findClaude(settings.CLAUDE_BIN, baseEnv);
  if (!holdsCredential(baseEnv)) {
    log.warn(
      'the environment names no ANTHROPIC_API_KEY, CLAUDE_CODE_OAUTH_TOKEN or cloud provider: a session without a credential of its own fails with AUTHENTICATION',
    );
  }
  const prices = await readPrices(settings.PRICES_FILE);
  const workRoot = await makeWorkRoot(settings.WORK_ROOT);
  const workspace = await openCaptures(settings, { path: baseEnv['PATH'] ?? '', identity }, log);
  const repositories = await openRepositories(settings, gitCredentials, baseEnv['PATH'] ?? '', log);
  return {
    settings,
    identity,
    log,
    secrets,
    masker,
    baseEnv,
    keys,
    cli,
    prices,
    workRoot,
    workspace,
    repositories,
  };
}
