import type { Logger, SessionConfig } from '@baton/core/internal';
import type { EnvScrub } from '../scrub/env-scrub.ts';

const MODE_IS_FORCED =
  'the session asked for a permission mode, but the claude CLI forces the default one where it keeps its credentials from tools (SUBPROCESS_ENV_SCRUB)';

/**
 * Logs that the permission mode of a session does not hold where the CLI forces the default one, which the
 * flag calls `manual`.
 */
export function warnOfForcedMode(
  { permission_mode: mode = 'manual' }: Pick<SessionConfig, 'permission_mode'>,
  scrub: Pick<EnvScrub, 'isOn'>,
  log: Logger,
): void {
  if (scrub.isOn() && mode !== 'manual') log.warn({ permission_mode: mode }, MODE_IS_FORCED);
}
