// Checks that the code blocks of the pages parse. test/integration/docs/snippets.test.ts type-checks the
// programs, and test/e2e/snippets.test.ts runs them.
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { parsePage, readPages } from '../../support/markdown/pages.ts';
import { programsOf, reasonNotToRun } from '../../support/snippets/programs.ts';

const pages = readPages();
const blocks = pages.flatMap(({ path, blocks }) =>
  blocks.map((block) => ({ at: `${path}:${block.line}`, ...block })),
);
const LANGUAGES = ['http', 'js', 'json', 'python', 'sh', 'text', 'ts', 'yaml'];

describe('the code blocks of the pages', () => {
  test('have a known language', () => {
    expect(blocks.length).toBeGreaterThan(20);
    expect(blocks.filter(({ language }) => !LANGUAGES.includes(language))).toEqual([]);
  });

  test('have only known comments', () => {
    const comments = blocks.flatMap(({ at, comments }) => comments.map((text) => `${at}: ${text}`));
    expect(
      comments.filter((text) => !/: (?:continues|not run: .+|refused: [A-Z_, ]+)$/.test(text)),
    ).toEqual([]);
  });

  // All pages run against one Baton, which refuses a second request with a key that it knows.
  test('use each idempotency key once', () => {
    const keys = blocks.flatMap(({ code }) =>
      [...code.matchAll(/idempotency[-_]?key['"]?: ?['"]?([\w-]+)/gi)].map(([, key]) => key),
    );
    expect(keys.length).toBeGreaterThan(10);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  test('parse if they are JSON', () => {
    const broken = blocks.filter(({ language, code }) => language === 'json' && !parses(code));
    expect(broken).toEqual([]);
  });

  test('parse if they are shell', () => {
    const shell = blocks.filter(({ language }) => language === 'sh');
    expect(shell.length).toBeGreaterThan(10);
    const found = checkShell(shell.map(({ code }) => code));
    expect(shell.map(({ at }, index) => ({ at, found: found[index] }))).toEqual(
      shell.map(({ at }) => ({ at, found: 'exit code 0' })),
    );
  });

  test('are reported if they are not shell', () => {
    expect(checkShell(['date', 'if true', 'echo "', 'cat <<X\ntext'])).toEqual([
      'exit code 0',
      expect.stringMatching(/unexpected end of file\nexit code 2$/),
      expect.stringMatching(/unexpected EOF[\s\S]*\nexit code 2$/),
      expect.stringMatching(/delimited by end-of-file[\s\S]*\nexit code 0$/),
    ]);
  });

  test('parse if they are YAML', () => {
    for (const { language, code } of blocks) if (language === 'yaml') parseYaml(code);
  });
});

describe('the parser of pages', () => {
  const page = parsePage(
    'page.md',
    [
      '```ts',
      "import { randomUUID } from 'node:crypto';",
      'const id = randomUUID();',
      '```',
      '<!-- continues -->',
      '```ts',
      'await Promise.all([id]);',
      '```',
      '<!-- not run: it never ends -->',
      '```sh',
      'sleep infinity',
      '```',
    ].join('\n'),
  );

  test('joins a block to the block before it, and each line keeps its number in the page', () => {
    const [program, ...others] = programsOf(page);
    expect(others).toEqual([]);
    expect(program).toMatchObject({ name: 'page.md:6', canRun: true });
    const lines = program?.code.split('\n') ?? [];
    expect([lines[1], lines[6]]).toEqual([
      "import { randomUUID } from 'node:crypto';",
      'await Promise.all([id]);',
    ]);
  });

  test('returns the reason why a block is not run', () => {
    expect(page.blocks.map(reasonNotToRun)).toEqual([undefined, undefined, 'it never ends']);
  });
});

/** Returns what `bash -n` prints about each script, with its exit code. */
function checkShell(scripts: readonly string[]): string[] {
  // One shell starts the others, because a large Node.js process starts a process ten times as slowly.
  const check = 'for code; do bash -n 2>&1 <<<"$code"; printf "exit code %d\\0" "$?"; done';
  const { stdout } = spawnSync('bash', ['-c', check, 'bash', ...scripts], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
  });
  return stdout.split('\0').slice(0, -1);
}

function parses(code: string): boolean {
  try {
    JSON.parse(code);
    return true;
  } catch {
    return false;
  }
}
