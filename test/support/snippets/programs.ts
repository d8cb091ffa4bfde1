import type { CodeBlock, Page } from '../markdown/pages.ts';

/** A program that a page shows: one code block, or several blocks that continue each other. */
export type Program = {
  /** The page and the line of the last block, as in `README.md:12`. */
  readonly name: string;
  /** The code. Each line has the number that it has in the page. */
  readonly code: string;
  /** Whether the program has imports and its block has no comment `not run: REASON`. */
  readonly canRun: boolean;
};

const LANGUAGES = ['ts', 'js'];
const IMPORT = /^import /m;

/** Returns the TypeScript and JavaScript programs of a page, in the order of the page. */
export function programsOf({ path, blocks }: Page): Program[] {
  const programs: Program[] = [];
  for (const block of blocks.filter(({ language }) => LANGUAGES.includes(language))) {
    const before = block.comments.includes('continues') ? programs.pop()?.code : undefined;
    const code = placed(block, before);
    const canRun = reasonNotToRun(block) === undefined && IMPORT.test(code);
    programs.push({ name: `${path}:${block.line}`, code, canRun });
  }
  return programs;
}

/** Returns the reason of a block's comment `not run: REASON`, if it has that comment. */
export function reasonNotToRun({ comments }: CodeBlock): string | undefined {
  return comments.map((text) => /^not run: *(.+)$/.exec(text)?.[1]).find(Boolean);
}

/** Returns the code `before` and then the block, with empty lines so that each line keeps its number in the page. */
function placed({ code, line }: CodeBlock, before = ''): string {
  const lineBreaks = before.split('\n').length - 1;
  return before + '\n'.repeat(line - lineBreaks) + code;
}
