import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { execa, execaSync } from 'execa';
import { findReportedErrno } from '../runtime/host-errnos.ts';

/** Starts git processes on the repository in a shadow folder. */
export interface Git {
  /**
   * Runs git to its end, and returns its standard output. `input` is written to standard input.
   * Rejects with a GitError if git fails, takes too long, or writes more than 512 MiB.
   */
  run(shadow: string, args: readonly string[], input?: string | Buffer): Promise<Buffer>;
  /** Runs git to its end with the content of a file as standard input. Rejects with a GitError. */
  runWithFile(shadow: string, args: readonly string[], file: string): Promise<void>;
  /**
   * Runs git with its standard output written to a new file. Returns the number of bytes and their
   * SHA-256 in hex.
   */
  runToFile(
    shadow: string,
    args: readonly string[],
    input: string,
    file: string,
  ): Promise<{ bytes: number; id: string }>;
  /** Starts git with open pipes. */
  start(shadow: string, args: readonly string[]): GitProcess;
  /** Runs `git ls-files` on a copy of an index. Blocks. Returns null if git fails. */
  listIndex(shadow: string, index: string): Buffer | null;
}

/** A git process that is written to and read from while it runs. */
export interface GitProcess {
  /** Writes to standard input. Resolves once more may be written. Rejects with a GitError if git has ended. */
  write(data: string | Buffer): Promise<void>;
  /** Closes standard input. */
  end(): void;
  /** The chunks of standard output. */
  output: AsyncIterable<Buffer>;
  /** Resolves when git has ended well. Rejects with a GitError. */
  ended: Promise<void>;
  /** Kills git if it still runs. `ended` then rejects. */
  kill(): void;
}

/** How git is found and run. */
export interface GitOptions {
  /** PATH. */
  path: string;
  /** A process is killed after this time, in milliseconds. */
  timeoutMs: number;
  /**
   * A folder of objects of its own, to which git writes. It reads the repository's objects as well. Default: git writes
   * to the repository.
   */
  objects?: string;
  /** The value of BATON_RUN, by which a sweep of the host finds what a dead worker left. Default: empty. */
  marker?: string;
}

/** A git process failed. */
export class GitError extends Error {
  override readonly name = 'GitError';
  /** Whether this host is the cause: git took too long, was killed, could not start, or reports a problem such as a full disk. */
  readonly isOfHost: boolean;

  constructor(message: string, isOfHost: boolean) {
    super(message);
    this.isOfHost = isOfHost;
  }
}

const MAX_OUTPUT_BYTES = 512 * 1024 * 1024;
const MAX_INDEX_OUTPUT_BYTES = 256 * 1024 * 1024;
const LIST_INDEX_MAX_MS = 20_000;

// How a host kills a process that takes too much. A git that crashes on its data dies by another signal.
const KILLS = ['SIGKILL', 'SIGTERM', 'SIGXCPU', 'SIGXFSZ'];

// The error of execa for an output that is too large.
const MAX_BUFFER = 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER';

// How git says what other programs say by the text of an errno.
const NO_RESOURCE = /out of (?:memory|disk ?space)/i;

// These outrank every configuration file. Hooks and fsmonitor are off because an agent runs as the
// same user, and could change the shadow repository while git runs. Names that only other systems
// treat as `.git` are ordinary names here.
const CONFIG: Readonly<Record<string, string>> = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.bigFileThreshold': '8m',
  'core.compression': '1',
  'core.protectNTFS': 'false',
  'core.protectHFS': 'false',
  'pack.threads': '1',
  'pack.windowMemory': '64m',
  'pack.useBitmaps': 'false',
  'repack.writeBitmaps': 'false',
  'gc.auto': '0',
  'fastimport.unpackLimit': '1',
};

/** Returns the path of the bare repository in a shadow folder. */
export function repositoryOf(shadow: string): string {
  return join(shadow, 'git');
}

/** Returns the whole environment of a git process for a shadow folder. */
function gitEnv(
  { path, objects, marker = '' }: GitOptions,
  shadow: string,
): Record<string, string> {
  const settings = Object.entries(CONFIG);
  return {
    PATH: path,
    BATON_RUN: marker,
    LC_ALL: 'C',
    HOME: '/nonexistent',
    GIT_DIR: repositoryOf(shadow),
    ...objectFolders(objects, shadow),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_ALLOW_PROTOCOL: '',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  };
}

function objectFolders(objects: string | undefined, shadow: string): Record<string, string> {
  if (objects === undefined) return {};
  const alternate = join(repositoryOf(shadow), 'objects');
  return { GIT_OBJECT_DIRECTORY: objects, GIT_ALTERNATE_OBJECT_DIRECTORIES: alternate };
}

/** Creates the starter of git processes. */
export function createGit(how: GitOptions): Git {
  function options(shadow: string) {
    return {
      cwd: shadow,
      env: gitEnv(how, shadow),
      extendEnv: false,
      encoding: 'buffer',
      timeout: how.timeoutMs,
      killSignal: 'SIGKILL',
      stripFinalNewline: false,
    } as const;
  }

  function start(shadow: string, args: readonly string[]): GitProcess {
    const child = execa('git', args, { ...options(shadow), buffer: { stdout: false } });
    const ended = child.then(
      () => {},
      (error: unknown) => Promise.reject(toGitError(args, error)),
    );
    ended.catch(() => {});
    // A write after the end of git fails. `ended` says why.
    child.stdin.on('error', () => {});
    return {
      async write(data) {
        if (child.stdin.destroyed || child.stdin.writableEnded) {
          await ended;
          throw new GitError(`git ${args[0]} ended before its input`, false);
        }
        if (child.stdin.write(data)) return;
        await untilDrained(child.stdin);
      },
      end: () => void child.stdin.end(),
      output: child.stdout as AsyncIterable<Buffer>,
      ended,
      kill() {
        child.kill('SIGKILL');
        // Output that nobody reads would keep `ended` waiting.
        child.stdout.destroy();
      },
    };
  }

  return {
    start,
    async run(shadow, args, input) {
      try {
        const result = await execa('git', args, {
          ...options(shadow),
          maxBuffer: MAX_OUTPUT_BYTES,
          ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
        });
        return Buffer.from(result.stdout);
      } catch (error) {
        throw toGitError(args, error);
      }
    },
    async runWithFile(shadow, args, file) {
      const source = createReadStream(file);
      const child = start(shadow, args);
      try {
        for await (const chunk of source) await child.write(chunk);
        child.end();
        for await (const _ of child.output);
        await child.ended;
      } catch (error) {
        child.kill();
        await child.ended.catch(() => {});
        throw error;
      } finally {
        source.destroy();
      }
    },
    async runToFile(shadow, args, input, file) {
      const hash = createHash('sha256');
      let bytes = 0;
      const target = await open(file, 'wx', 0o600);
      const child = start(shadow, args);
      try {
        await child.write(input);
        child.end();
        for await (const chunk of child.output) {
          hash.update(chunk);
          bytes += chunk.length;
          await target.writeFile(chunk);
        }
        await child.ended;
      } catch (error) {
        child.kill();
        await child.ended.catch(() => {});
        throw error;
      } finally {
        await target.close();
      }
      return { bytes, id: hash.digest('hex') };
    },
    listIndex(shadow, index) {
      const base = options(shadow);
      const result = execaSync('git', ['ls-files', '-z'], {
        ...base,
        env: { ...base.env, GIT_INDEX_FILE: index },
        timeout: Math.min(how.timeoutMs, LIST_INDEX_MAX_MS),
        maxBuffer: MAX_INDEX_OUTPUT_BYTES,
        stdin: 'ignore',
        reject: false,
      });
      return result.failed ? null : Buffer.from(result.stdout);
    },
  };
}

// Resolves too if git has ended: the next write says so.
function untilDrained(stdin: Writable): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      stdin.off('drain', finish).off('close', finish);
      resolve();
    };
    stdin.on('drain', finish).on('close', finish);
  });
}

function toGitError(args: readonly string[], error: unknown): GitError {
  const { timedOut, stderr, shortMessage, signal, code } = error as {
    timedOut?: boolean;
    stderr?: Uint8Array;
    shortMessage?: string;
    signal?: string;
    /** The errno if git could not be started. */
    code?: string;
  };
  const said = stderr ? Buffer.from(stderr).toString().trim().slice(0, 500) : '';
  const reason = timedOut ? 'took too long' : said || shortMessage || String(error);
  const isOfHost =
    timedOut === true ||
    KILLS.includes(signal ?? '') ||
    (code !== undefined && code !== MAX_BUFFER) ||
    NO_RESOURCE.test(said) ||
    findReportedErrno(said) !== null;
  return new GitError(`git ${args[0]} failed: ${reason}`, isOfHost);
}
