// Runs a git process with everything that it starts, and ends all of it.
import { CaptureFailedError } from '@baton/core/captures';
import { execa } from 'execa';
import { findReportedProblem } from '../host-problem/find-host-problem.ts';

/** How a git process is run. */
export interface GitRun {
  /** The repository. Git looks for no other one. */
  gitDir: string;
  /** The directory that git starts in: the working tree, if the repository has one. Default: `gitDir`. */
  cwd?: string;
  /** The whole environment, without the repository. */
  env: Record<string, string>;
  /** How long git may take, in milliseconds. */
  timeoutMs: number;
  /** Ends git, with everything that it started. */
  signal?: AbortSignal | undefined;
  /** What git reads from standard input. Default: nothing. */
  input?: string | undefined;
}

/** What git printed. */
export interface GitOutput {
  stdout: string;
  stderr: string;
}

/** Git ended with an error that is not the host's. */
export class GitFailedError extends Error {
  override readonly name = 'GitFailedError';
  /** What git wrote to standard error. A server may have chosen parts of it. */
  readonly stderr: string;
  /** Whether git was ended because it took too long. */
  readonly isTimeout: boolean;

  constructor(command: string, stderr: string, isTimeout: boolean) {
    super(`git ${command} ${isTimeout ? 'took too long' : 'failed'}`);
    this.stderr = stderr;
    this.isTimeout = isTimeout;
  }
}

const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;
const NO_RESOURCE = /out of (?:memory|disk ?space)/i;

/**
 * Runs git to its end. Throws GitFailedError if git fails; CaptureFailedError if this host is the cause, such as a full
 * disk or a missing git; and the signal's reason if the signal fired.
 */
export async function runGit(
  args: readonly string[],
  { gitDir, cwd = gitDir, env, timeoutMs, signal, input }: GitRun,
): Promise<GitOutput> {
  signal?.throwIfAborted();
  const child = execa('git', args, {
    cwd,
    env: { ...env, GIT_DIR: gitDir },
    extendEnv: false,
    // A process group of its own: git starts ssh, an http helper and index-pack.
    detached: true,
    maxBuffer: MAX_OUTPUT_BYTES,
    stripFinalNewline: false,
    reject: false,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
  });
  let isTimeout = false;
  const kill = () => killGroup(child.pid);
  const timer = setTimeout(() => {
    isTimeout = true;
    kill();
  }, timeoutMs);
  signal?.addEventListener('abort', kill, { once: true });
  try {
    const result = await child;
    signal?.throwIfAborted();
    const stderr = String(result.stderr ?? '');
    if (!result.failed) return { stdout: String(result.stdout ?? ''), stderr };
    const command = args.find((arg) => !arg.startsWith('-')) ?? '';
    if (!isTimeout) throwIfHostFailed(command, stderr, result);
    throw new GitFailedError(command, stderr, isTimeout);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', kill);
    // What git started has ended with git, unless it hangs.
    kill();
  }
}

function throwIfHostFailed(
  command: string,
  stderr: string,
  {
    code,
    signal,
    isMaxBuffer,
  }: { code?: string | undefined; signal?: string | undefined; isMaxBuffer?: boolean },
): void {
  const isOfHost =
    (code !== undefined && !isMaxBuffer) ||
    (signal !== undefined && !isMaxBuffer) ||
    NO_RESOURCE.test(stderr) ||
    findReportedProblem(stderr) !== null;
  if (isOfHost) {
    const said = stderr.trim().slice(-300) || code || signal || '';
    throw new CaptureFailedError(`git ${command} failed: ${said}`);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All processes of the group have ended.
  }
}
