import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** The default of WORK_ROOT as the settings table shows it. */
export const DEFAULT_WORK_ROOT = '~/.local/state/baton/work';

/**
 * Where sessions work by default: in the user's state directory, outside any repository.
 * The first of these that is there:
 *
 * - `$STATE_DIRECTORY/work`: systemd sets it for a unit with `StateDirectory=`;
 * - `$XDG_STATE_HOME/baton/work`;
 * - `~/Library/Application Support/baton/work` on macOS, else `~/.local/state/baton/work`.
 *
 * Relative paths in these variables count as absent, as the XDG specification asks. Undefined where the user has no
 * home directory: `/`, or one that the system does not know.
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
    return undefined; // a user id that the system has no entry for, as in some containers
  }
}
