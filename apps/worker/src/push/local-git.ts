// Runs git in a bare repository of Baton's own, which nobody else uses. It reaches no server.
import { defined } from '@baton/core/internal';
import { execa } from 'execa';
import { findReportedProblem } from '../host-problem/find-host-problem.ts';

/** A git process of a push failed. */
export class LocalGitError extends Error {
  override readonly name = 'LocalGitError';
  /** Whether this host is certainly the cause: git was killed or could not start, or reports a problem such as a full disk. */
  readonly isOfHost: boolean;

  constructor(message: string, isOfHost: boolean) {
    super(message);
    this.isOfHost = isOfHost;
  }
}

/** How one git process runs. */
export interface LocalGitOptions {
  input?: string | Buffer;
  /** The index file. Default: the repository's own. */
  index?: string;
  /** The working tree; also the directory in which git runs. Default: none. */
  workTree?: string;
}

/** A bare repository of Baton's own. */
export interface LocalGit {
  /** Its directory. */
  dir: string;
  /** Runs git to its end, and returns its standard output. Rejects with a LocalGitError. */
  run(args: readonly string[], options?: LocalGitOptions): Promise<Buffer>;
}

const MAX_OUTPUT_BYTES = 512 * 1024 * 1024;
const TIMEOUT_MS = 600_000;

// These outrank every configuration file. Attributes alone decide about line ends.
const CONFIG: readonly (readonly [string, string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.autocrlf', 'false'],
  ['core.safecrlf', 'false'],
  ['core.fileMode', 'true'],
  ['core.symlinks', 'true'],
  ['core.protectNTFS', 'false'],
  ['core.protectHFS', 'false'],
  ['core.attributesFile', '/dev/null'],
  ['gc.auto', '0'],
];

/** Opens the repository in `dir`. `path` is the PATH on which git is found, `marker` the value of BATON_RUN. */
export function openLocalGit(
  dir: string,
  { path, marker }: { path: string; marker: string },
): LocalGit {
  const base: Record<string, string> = {
    PATH: path,
    BATON_RUN: marker,
    LC_ALL: 'C',
    HOME: '/nonexistent',
    GIT_DIR: dir,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_ALLOW_PROTOCOL: '',
    GIT_CONFIG_COUNT: String(CONFIG.length),
  };
  for (const [index, [key, value]] of CONFIG.entries()) {
    base[`GIT_CONFIG_KEY_${index}`] = key;
    base[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return {
    dir,
    async run(args, { input, index, workTree } = {}) {
      try {
        const { stdout } = await execa('git', args, {
          cwd: workTree ?? dir,
          env: {
            ...base,
            ...defined({ GIT_INDEX_FILE: index, GIT_WORK_TREE: workTree }),
          },
          extendEnv: false,
          encoding: 'buffer',
          stripFinalNewline: false,
          maxBuffer: MAX_OUTPUT_BYTES,
          timeout: TIMEOUT_MS,
          killSignal: 'SIGKILL',
          ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
        });
        return Buffer.from(stdout);
      } catch (error) {
        throw toLocalGitError(args, error);
      }
    },
  };
}

function toLocalGitError(args: readonly string[], error: unknown): LocalGitError {
  const { timedOut, stderr, shortMessage, signal, exitCode } = error as {
    timedOut?: boolean;
    stderr?: Uint8Array;
    shortMessage?: string;
    signal?: string;
    exitCode?: number;
  };
  const said = stderr ? Buffer.from(stderr).toString().trim().slice(0, 500) : '';
  const reason = timedOut ? 'took too long' : said || shortMessage || String(error);
  const isOfHost =
    timedOut === true ||
    signal !== undefined ||
    exitCode === undefined ||
    /out of memory/i.test(said) ||
    findReportedProblem(said) !== null;
  return new LocalGitError(`git ${args[0]} failed: ${reason}`, isOfHost);
}
