import { AppError } from '@baton/core/internal';

// What the contract suite ran against. CLAUDE_CODE_PROJECT_DIR_NAME, without which a transcript cannot
// move between directories, is ignored by 2.1.197; --system-prompt-snapshot is refused by 2.1.234.
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
