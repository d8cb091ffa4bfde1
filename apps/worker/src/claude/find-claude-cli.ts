import { existsSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@baton/core/internal';
import { execa } from 'execa';
import { isExecutable } from './parent-death.ts';
import { checkVersion } from './version.ts';

/** The CLI that a worker runs. */
export interface ClaudeCli {
  file: string;
  version: string;
}

/** How long `claude --version` may take, in milliseconds. */
const VERSION_TIMEOUT_MS = 20_000;

/**
 * How long the output streams may stay open after the CLI was killed for taking too long, in
 * milliseconds.
 */
const LATE_MS = 1_000;

/** How much of the CLI's stderr goes into the error message if `--version` fails. */
const MAX_OUTPUT_CHARS = 500;

const HOW_TO_FIX =
  'install it (npm install -g @anthropic-ai/claude-code) or set CLAUDE_BIN to its path';

/**
 * Returns the path of the CLI, or null if there is none. If `configured` is set, the function looks
 * only at that file. Otherwise, it looks in the `node_modules` folders above `from`, then on PATH.
 */
function locateClaude(configured: string | undefined, from: string, path: string): string | null {
  // The path is made absolute, because every session starts the CLI from its own directory.
  if (configured !== undefined) return isExecutable(configured) ? resolve(configured) : null;
  for (let folder = from; ; folder = dirname(folder)) {
    const file = join(folder, 'node_modules', '.bin', 'claude');
    if (existsSync(file)) return file;
    if (dirname(folder) === folder) break;
  }
  const onPath = path.split(delimiter).map((folder) => resolve(folder, 'claude'));
  return onPath.find(isExecutable) ?? null;
}

/**
 * Finds the CLI and its version. A worker calls this function once, when the worker starts. Throws
 * CLAUDE_NOT_FOUND or CLAUDE_TOO_OLD with a message that says how to fix it.
 */
export async function findClaude(
  configured: string | undefined,
  env: Record<string, string>,
): Promise<ClaudeCli> {
  const file = locateClaude(configured, import.meta.dirname, env['PATH'] ?? '');
  if (!file) {
    const searched = configured === undefined ? 'in node_modules or on PATH' : `at ${configured}`;
    throw new AppError(
      'CLAUDE_NOT_FOUND',
      `expected an executable claude CLI ${searched}, found none; ${HOW_TO_FIX}`,
    );
  }
  const version = await readVersion(file, { env, timeoutMs: VERSION_TIMEOUT_MS });
  return { file, version };
}

/** How `claude --version` is run. */
interface VersionOptions {
  env: Record<string, string>;
  timeoutMs: number;
  /** The command to put before the CLI's command, as for a session. */
  launcher?: readonly string[];
  cwd?: string;
}

/**
 * Reads the version that the CLI prints. Ends a second after `timeoutMs` at the latest, even if the
 * CLI or its descendants hang. Throws CLAUDE_NOT_FOUND or CLAUDE_TOO_OLD with a message that says
 * how to fix it.
 */
export async function readVersion(
  file: string,
  { env, timeoutMs, launcher = [], cwd = '/' }: VersionOptions,
): Promise<string> {
  const [program = file, ...args] = [...launcher, file, '--version'];
  const child = execa(program, args, {
    env,
    cwd,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    detached: true,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  // After the CLI was killed, a descendant may hold its streams open. Then only this timer ends the
  // wait.
  const done = new AbortController();
  const late = delay(timeoutMs + LATE_MS, null, { signal: done.signal, ref: false });
  const ended = await Promise.race([child, late.catch(() => null)]);
  done.abort();
  if (ended && !ended.failed) return checkVersion(ended.stdout).version;
  if (!ended) child.kill('SIGKILL');
  if (child.pid !== undefined) killGroup(child.pid);
  const why = ended
    ? ended.stderr.trim().slice(0, MAX_OUTPUT_CHARS) || ended.shortMessage
    : `it did not end within ${timeoutMs} ms`;
  throw new AppError('CLAUDE_NOT_FOUND', `${file} --version failed (${why}): ${HOW_TO_FIX}`, {
    cause: ended,
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // ESRCH: no process of the group is left.
  }
}
