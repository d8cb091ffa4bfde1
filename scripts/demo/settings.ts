import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Environment } from '../../tools/dev-services/environment.ts';

/** What the demo chooses itself. */
type Choices = {
  /** How the workers reach whoever answers. */
  readonly model: Record<string, string>;
  /** Where the sessions of the demo work. */
  readonly folder: string;
  readonly isKept: boolean;
};

/** The settings of the demo's API and workers: its own, whatever this shell is configured for. */
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
    // On a Redis that others use too, their workers must not take the demo's sessions.
    QUEUE_PREFIX: `baton-demo-${randomBytes(4).toString('hex')}`,
    PORT: isKept ? env['PORT'] : '0',
    DRAIN_TIMEOUT_MS: '5000',
  };
}
