// The pages' shell blocks and programs, run as pasted while `npm start` runs.
import { describe, expect } from 'vitest';
import { readPages } from '../support/markdown/pages.ts';
import { test } from '../support/snippets/baton.ts';
import { programsOf } from '../support/snippets/programs.ts';
import {
  type Ended,
  refusedCallsOf,
  runProgram,
  runShellBlocks,
  shellBlocksOf,
} from '../support/snippets/run.ts';
import { waitFor } from '../support/wait.ts';

const pages = readPages();

describe('the shell blocks of', () => {
  test.for(pages.filter((page) => shellBlocksOf(page).length > 0))(
    '$path succeed, and the API refuses only calls that the page expects to fail',
    async (page, { baton }) =>
      expectSuccess(await runShellBlocks(baton, page), refusedCallsOf(page)),
  );
});

describe('the program at', () => {
  test.for(pages.flatMap(programsOf).filter(({ canRun }) => canRun))(
    '$name succeeds',
    async (program, { baton }) => expectSuccess(await runProgram(baton, program)),
  );
});

test('no session that a page launches fails', async ({ baton }) => {
  const list = async (status: string) => {
    const response = await fetch(`${baton.api}/v1/sessions?status=${status}`);
    const { sessions } = (await response.json()) as { sessions: { query: string }[] };
    return sessions.map(({ query }) => query);
  };
  await waitFor(
    'every session to end',
    async () =>
      (await Promise.all(['queued', 'starting', 'running'].map(list))).flat().length === 0,
    60_000,
  );
  expect(await list('failed')).toEqual([]);
});

function expectSuccess({ output, ...ended }: Ended, failedCalls: string[] = []): void {
  expect(ended, output).toEqual({ exitCode: 0, failedCalls });
}
