import { AppError } from '@baton/core';

// Measured: honours CLAUDE_CODE_PROJECT_DIR_NAME, without which a transcript cannot move between
// directories. 2.1.197 ignores it.
const MINIMUM = '2.1.330';

/** The version in what `claude --version` prints, or null where there is none. */
export function parseVersion(text: string): string | null {
  return /(?:^|\s)v?(\d+\.\d+\.\d+)(?=$|\s|[-+])/.exec(text)?.[1] ?? null;
}

/** The CLI's version; throws CLAUDE_TOO_OLD with the way to fix it where Baton cannot work with it. */
export function checkVersion(text: string): { version: string } {
  const version = parseVersion(text);
  if (version === null || isOlder(version, MINIMUM)) {
    throw new AppError(
      'CLAUDE_TOO_OLD',
      `expected the claude CLI to be ${MINIMUM} or newer, got ${describe(text, version)}; install it with "npm install -g @anthropic-ai/claude-code" under Node 22 or newer, or point CLAUDE_BIN at a newer one`,
      { details: { version, minimum: MINIMUM } },
    );
  }
  return { version };
}

function isOlder(version: string, minimum: string): boolean {
  const [a, b] = [version, minimum].map((text) => text.split('.').map(Number));
  const difference = [0, 1, 2].map((i) => (a?.[i] ?? 0) - (b?.[i] ?? 0)).find((d) => d !== 0);
  return (difference ?? 0) < 0;
}

function describe(text: string, version: string | null): string {
  return version ?? `${JSON.stringify(text.trim().slice(0, 100))} for --version`;
}
