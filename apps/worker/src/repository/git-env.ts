// The environment of git processes. It is complete: nothing of the worker's own environment, of a configuration file or
// of a repository's content decides what git runs.
import { defined } from '@baton/core/internal';
import type { GitSettings } from './git-settings.ts';

/** Settings of git, by their names. A name may occur more than once: later values are added, or replace earlier ones. */
export type GitConfig = readonly (readonly [name: string, value: string])[];

// A repository's own configuration could name programs: hooks, monitors, helpers, filters.
const SAFE: GitConfig = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.untrackedCache', 'false'],
  ['core.alternateRefsCommand', 'true'],
  ['core.protectNTFS', 'true'],
  ['core.protectHFS', 'true'],
  ['core.symlinks', 'true'],
  ['credential.helper', ''],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['fetch.unpackLimit', '1'],
  ['transfer.unpackLimit', '1'],
  ['transfer.advertiseSID', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['advice.detachedHead', 'false'],
  ['pack.threads', '1'],
  ['pack.windowMemory', '64m'],
  ['protocol.version', '2'],
];

// A server that sends less than this for a minute has broken off.
const SLOW_BYTES_PER_SECOND = '100';
const SLOW_SECONDS = '60';

/** Settings for https: no redirects, no proxy, no cookies. */
export const HTTPS_CONFIG: GitConfig = [
  ['http.followRedirects', 'false'],
  ['http.proxy', ''],
  ['http.lowSpeedLimit', SLOW_BYTES_PER_SECOND],
  ['http.lowSpeedTime', SLOW_SECONDS],
  ['http.sslVerify', 'true'],
];

/**
 * Returns the whole environment of a git process.
 *
 * @param protocol The only protocol that git may use.
 * @param config Settings that are added to the safe ones.
 */
export function buildGitEnv(
  { path, marker }: Pick<GitSettings, 'path' | 'marker'>,
  protocol: 'https' | 'ssh' | 'file' | 'none',
  config: GitConfig = [],
): Record<string, string> {
  const settings = [...SAFE, ...config];
  return {
    PATH: path,
    BATON_RUN: marker,
    LC_ALL: 'C',
    HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_PROTOCOL_FROM_USER: '0',
    GIT_ALLOW_PROTOCOL: protocol,
    GIT_CONFIG_COUNT: String(settings.length),
    ...defined(
      Object.fromEntries(
        settings.flatMap(([key, value], index) => [
          [`GIT_CONFIG_KEY_${index}`, key],
          [`GIT_CONFIG_VALUE_${index}`, value],
        ]),
      ),
    ),
  };
}
