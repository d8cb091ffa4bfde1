import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { AppError } from '@baton/core';
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

const HOW_TO_FIX =
  'install it (npm install -g @anthropic-ai/claude-code) or set CLAUDE_BIN to its path';

/** Where the CLI is: `configured`, else the project's own above `from`, else on PATH; or null. */
export function locateClaude(
  configured: string | undefined,
  from: string,
  path: string,
): string | null {
  if (configured !== undefined) return isExecutable(configured) ? configured : null;
  for (let folder = from; ; folder = dirname(folder)) {
    const file = join(folder, 'node_modules', '.bin', 'claude');
    if (existsSync(file)) return file;
    if (dirname(folder) === folder) break;
  }
  const onPath = path.split(delimiter).map((folder) => join(folder, 'claude'));
  return onPath.find(isExecutable) ?? null;
}

/**
 * The CLI and its version. Throws CLAUDE_NOT_FOUND or CLAUDE_TOO_OLD with a message that says how to
 * fix it. Asked once, when a worker starts.
 */
export async function findClaude(
  configured: string | undefined,
  env: Record<string, string>,
): Promise<ClaudeCli> {
  const file = locateClaude(configured, import.meta.dirname, env['PATH'] ?? '');
  if (!file) {
    const looked = configured === undefined ? 'here and on PATH' : configured;
    throw new AppError('CLAUDE_NOT_FOUND', `no claude CLI (looked ${looked}): ${HOW_TO_FIX}`);
  }
  const asked = await execa(file, ['--version'], {
    env,
    extendEnv: false,
    reject: false,
    timeout: VERSION_TIMEOUT_MS,
  });
  if (asked.failed) {
    throw new AppError('CLAUDE_NOT_FOUND', `${file} --version failed: ${HOW_TO_FIX}`, {
      cause: asked,
    });
  }
  return { file, version: checkVersion(asked.stdout).version };
}
