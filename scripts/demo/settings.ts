import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Environment } from '../../tools/dev-services/environment.ts';

/** The settings that the demo chooses. */
type Choices = {
  /** The worker settings that select the Messages API. */
  readonly model: Record<string, string>;
  /** The folder that holds the WORK_ROOT of the demo. */
  readonly folder: string;
  readonly isKept: boolean;
};

/**
 * Returns the settings of the demo's API and workers. They do not depend on Baton settings in the
 * shell.
 */
export function demoSettings(env: Environment, { model, folder, isKept }: Choices): Environment {
  const { PATH, HOME, TMPDIR, LANG, CLAUDE_BIN, LOG_LEVEL } = env;
  return {
    PATH,
    HOME,
    TMPDIR,
    LANG,
    CLAUDE_BIN,
    ...model,
    LOG_LEVEL: LOG_LEVEL || 'warn',
    WORK_ROOT: join(folder, 'work'),
    // The prefix is random, so that other people's workers on the same Redis do not take the demo's
    // sessions.
    QUEUE_PREFIX: `baton-demo-${randomBytes(4).toString('hex')}`,
    PORT: isKept ? env['PORT'] : '0',
    DRAIN_TIMEOUT_MS: '5000',
  };
}
