import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** The default of WORK_ROOT in the settings table. */
export const DEFAULT_WORK_ROOT = '~/.local/state/baton/work';

/**
 * Returns the default directory of sessions. It lies in the user's state directory, outside any repository. The first
 * possible path is used:
 *
 * - `$STATE_DIRECTORY/work`: systemd sets it for a unit with `StateDirectory=`;
 * - `$XDG_STATE_HOME/baton/work`;
 * - `~/Library/Application Support/baton/work` on macOS, else `~/.local/state/baton/work`.
 *
 * Relative paths in these variables count as absent, as the XDG specification requires. Returns undefined if the user
 * has no home directory, or if the home directory is `/`.
 */
export function defaultWorkRoot(
  env: Environment,
  platform: string = process.platform,
  home: () => string | undefined = systemHome,
): string | undefined {
  const [service] = (env['STATE_DIRECTORY'] ?? '').split(':');
  if (service && isAbsolute(service)) return join(service, 'work');
  const state = env['XDG_STATE_HOME'];
  if (state && isAbsolute(state)) return join(state, 'baton', 'work');
  const own = env['HOME'] || home();
  if (own === undefined || !isAbsolute(own) || own === '/') return undefined;
  return platform === 'darwin'
    ? join(own, 'Library', 'Application Support', 'baton', 'work')
    : join(own, '.local', 'state', 'baton', 'work');
}

function systemHome(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined; // The system has no entry for the user id, as in some containers.
  }
}
