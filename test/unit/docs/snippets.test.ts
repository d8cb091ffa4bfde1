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

  test('parse if they are JSON', () => {
    const broken = blocks.filter(({ language, code }) => language === 'json' && !parses(code));
    expect(broken).toEqual([]);
  });

  test('parse if they are shell', () => {
    for (const { at, language, code } of blocks) {
      if (language !== 'sh') continue;
      const { status, stderr } = spawnSync('bash', ['-n'], { input: code, encoding: 'utf8' });
      expect({ at, status, stderr }).toEqual({ at, status: 0, stderr: '' });
    }
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

function parses(code: string): boolean {
  try {
    JSON.parse(code);
    return true;
  } catch {
    return false;
  }
}
