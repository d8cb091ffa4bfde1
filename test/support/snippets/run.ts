// Runs the snippets of a page as its reader would, against a running Baton.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CodeBlock, Page } from '../markdown/pages.ts';
import type { SnippetBaton } from './baton.ts';
import { takeFailedCalls } from './curl.ts';
import { type Program, reasonNotToRun } from './programs.ts';

/** How a snippet ended. */
export type Ended = {
  readonly exitCode: number | string;
  /** The calls of curl that failed or were refused, each with its block. */
  readonly failedCalls: readonly string[];
  readonly output: string;
};

/** The time limit for a program, or for all blocks of a page, in milliseconds. */
const TIMEOUT_MS = 110_000;

/** Returns the shell blocks of a page, without the blocks that have a comment `not run: REASON`. */
export function shellBlocksOf({ blocks }: Page): CodeBlock[] {
  return blocks.filter((block) => block.language === 'sh' && reasonNotToRun(block) === undefined);
}

/**
 * Returns the calls that the API must refuse, in the format of `failedCalls`. The page lists them in a
 * comment `refused: CODE, CODE` above the block.
 */
export function refusedCallsOf(page: Page): string[] {
  return shellBlocksOf(page).flatMap(({ line, comments }) =>
    comments
      .flatMap((text) => /^refused: *(.+)$/.exec(text)?.[1]?.split(/, */) ?? [])
      .map((code) => `${page.path}:${line} ${code}`),
  );
}

/** Runs the shell blocks of a page in one bash, which ends at the first command or pipe that fails. */
export async function runShellBlocks(baton: SnippetBaton, page: Page): Promise<Ended> {
  const script = shellBlocksOf(page)
    .map(({ line, code }) => `export BLOCK='${page.path}:${line}'\necho "--- $BLOCK"\n${code}\n`)
    .join('');
  // Pages write $ID for the id of a session that already exists.
  const needsId = /\$\{?ID\b/.test(script) && !/^ID=/m.test(script);
  const ID = needsId ? await baton.completedSession() : '';
  return run(baton, ['bash', '-eo', 'pipefail', '-c', withAddresses(baton, script)], {
    ...baton.env,
    ID,
  });
}

/** Runs a program as README.md shows: with Node.js, and with the addresses of Baton in its environment. */
export async function runProgram(baton: SnippetBaton, { name, code }: Program): Promise<Ended> {
  const file = join(baton.folder, `${name.replaceAll(/[/:]/g, '-')}.ts`);
  await writeFile(file, withAddresses(baton, code));
  const args = [process.execPath, '--env-file=.baton/env', file];
  return run(baton, args, baton.env);
}

/** Replaces the usual addresses in a text by the addresses of this Baton, because the usual ports may be taken. */
function withAddresses({ api, redis, mongodb }: SnippetBaton, text: string): string {
  const host = (url: string) => new URL(url).host;
  return text
    .replaceAll(/\b(?:127\.0\.0\.1|localhost):3000\b/g, host(api))
    .replaceAll(/\b(?:127\.0\.0\.1|localhost):6379\b/g, host(redis))
    .replaceAll(/\b(?:127\.0\.0\.1|localhost):27017\b/g, host(mongodb));
}

async function run(
  { folder }: SnippetBaton,
  [file = '', ...args]: string[],
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  const options = { cwd: folder, env, timeout: TIMEOUT_MS, killSignal: 'SIGKILL' } as const;
  const ended = await new Promise<Omit<Ended, 'failedCalls'>>((resolve) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      const exitCode = error ? (error.code ?? error.signal ?? 'unknown') : 0;
      resolve({ exitCode, output: `${stdout}${stderr}` });
    });
  });
  return { ...ended, failedCalls: await takeFailedCalls(folder) };
}
