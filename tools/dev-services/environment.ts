import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The environment that the dev services read. Callers pass it in; the dev services never read
 * `process.env`.
 */
export type Environment = Readonly<Record<string, string | undefined>>;

const installerNames =
  /^(PATH|HOME|LANG|TMPDIR|XDG_CACHE_HOME|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE|(https?|no|all)_proxy|(PIP|PYENV|CARGO|RUSTUP|MONGOMS|PLAYWRIGHT)_.+|NODE_EXTRA_CA_CERTS|CC|CXX|CFLAGS|CXXFLAGS|LDFLAGS|SDKROOT)$/i;

/** Returns only the part of the environment that an installer (pip, cargo) needs to reach its registry. */
export function installerEnvironment(env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && installerNames.test(entry[0]),
    ),
  );
}

/** Returns the folder that all clones share: $XDG_CACHE_HOME/baton, or ~/.cache/baton. */
export function cacheDir(env: Environment): string {
  const root = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  return join(root, 'baton');
}
