import { AppError } from '@baton/core/internal';

// The contract tests ran against this version (docs/claude-cli.md). 2.1.197 ignores
// CLAUDE_CODE_PROJECT_DIR_NAME, without which a transcript cannot move between directories. 2.1.234
// refuses --system-prompt-snapshot.
const MINIMUM = '2.1.330';

/** Returns the version in the output of `claude --version`, or null if there is none. */
export function parseVersion(text: string): string | null {
  return /(?:^|\s)v?(\d+\.\d+\.\d+)(?=$|\s|[-+])/.exec(text)?.[1] ?? null;
}

/**
 * Returns the CLI's version. Throws CLAUDE_TOO_OLD, with a message that says how to fix it, if
 * Baton cannot work with the CLI.
 */
export function checkVersion(text: string): { version: string } {
  const version = parseVersion(text);
  if (version === null || isOlder(version, MINIMUM)) {
    throw new AppError(
      'CLAUDE_TOO_OLD',
      `expected the claude CLI to be ${MINIMUM} or newer, got ${describe(text, version)}; install it under Node 22 or newer (npm install -g @anthropic-ai/claude-code@${MINIMUM}) or point CLAUDE_BIN at a newer one`,
      { details: { version, minimum: MINIMUM } },
    );
  }
  return { version };
}

function isOlder(version: string, minimum: string): boolean {
  return version.localeCompare(minimum, 'en', { numeric: true }) < 0;
}

function describe(text: string, version: string | null): string {
  return version ?? `${JSON.stringify(text.trim().slice(0, 100))} for --version`;
}
