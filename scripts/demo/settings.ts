import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Environment } from '../../tools/dev-services/environment.ts';

/** The settings that the demo chooses. */
type Choices = {
  /** The worker settings that select the Messages API. */
  readonly model: Record<string, string>;
  /** The settings with which the workers reach the git server. */
  readonly repository: Record<string, string>;
  /** The folder that holds the WORK_ROOT of the demo. */
  readonly folder: string;
  readonly isKept: boolean;
};

/**
 * Returns the settings of the demo's API and workers. They do not depend on Baton settings in the
 * shell.
 */
export function demoSettings(env: Environment, choices: Choices): Environment {
  const { model, repository, folder, isKept } = choices;
  const { PATH, HOME, TMPDIR, LANG, CLAUDE_BIN, LOG_LEVEL } = env;
  return {
    PATH,
    HOME,
    TMPDIR,
    LANG,
    CLAUDE_BIN,
    ...model,
    ...repository,
    LOG_LEVEL: LOG_LEVEL || 'warn',
    WORK_ROOT: hostSettings(folder, 0).WORK_ROOT,
    CAPTURE_CACHE_DIR: join(folder, 'captures'),
    // The prefix is random, so that other people's workers on the same Redis do not take the demo's
    // sessions.
    QUEUE_PREFIX: `baton-demo-${randomBytes(4).toString('hex')}`,
    PORT: isKept ? env['PORT'] : '0',
    DRAIN_TIMEOUT_MS: '5000',
    // A killed worker's session waits until its lease expires. Few sessions run here, so it may be short.
    LEASE_MS: '4000',
  };
}

/**
 * Returns the settings by which a worker of the demo (0 = the first) has a disk of its own: it shares
 * no file of a session with the other worker.
 *
 * @param folder The folder of the demo.
 */
export function hostSettings(folder: string, index: number) {
  const host = join(folder, `host-${index + 1}`);
  return { WORK_ROOT: join(host, 'work'), TMPDIR: join(host, 'tmp') };
}
