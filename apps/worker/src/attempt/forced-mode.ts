import type { Logger, SessionConfig } from '@baton/core/internal';
import type { EnvScrub } from '../scrub/env-scrub.ts';

const MODE_IS_FORCED =
  'the session runs in the default permission mode, not in the mode that it asked for: the claude CLI forces the default mode while it keeps its credentials from tools (SUBPROCESS_ENV_SCRUB)';

/**
 * Logs a warning if the session's permission mode has no effect because the CLI forces the default
 * mode. The CLI's flag calls the default mode `manual`.
 */
export function warnOfForcedMode(
  { permission_mode: mode = 'manual' }: Pick<SessionConfig, 'permission_mode'>,
  scrub: Pick<EnvScrub, 'isOn'>,
  log: Logger,
): void {
  if (scrub.isOn() && mode !== 'manual') log.warn({ permission_mode: mode }, MODE_IS_FORCED);
}
