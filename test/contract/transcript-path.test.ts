import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hang, text } from '../support/messages-api/reply.ts';
import type { RunningClaude } from '../support/real-claude.ts';
import { waitFor } from '../support/wait.ts';
import { type Cli, type CliRun, makeCli } from './cli.ts';

const V7 = '0197f0a0-1111-7000-8000-000000000001';
const V5 = '74738ff5-5367-5958-9aee-98fffdcd1876';

let cli: Cli;
let first: CliRun;
let again: CliRun;

beforeAll(async () => {
  cli = await makeCli();
  first = await cli.run({ script: [text('yes')], args: [`--session-id=${V7}`], prompt: 'go' });
  again = await cli.run({ script: [text('yes')], args: [`--session-id=${V7}`], prompt: 'go' });
});
afterAll(() => cli.remove());

test('--session-id accepts a UUID v7, and every line has it', () => {
  expect(first.exitCode).toBe(0);
  expect(new Set(first.lines.map((line) => line['session_id']))).toEqual(new Set([V7]));
});

test('--session-id accepts a UUID v5', async () => {
  const run = await cli.run({ script: [text('yes')], args: [`--session-id=${V5}`], prompt: 'go' });
  expect(run.results[0]?.['session_id']).toBe(V5);
});

test('--session-id refuses a value that is not a UUID, only on stderr', async () => {
  const run = await cli.run({ script: [text('yes')], args: ['--session-id=mine'], prompt: 'go' });
  expect(run).toMatchObject({ exitCode: 1, stdout: '', requests: [] });
  expect(run.stderr).toContain('Must be a valid UUID');
});

test('--session-id refuses an id that has a transcript, only on stderr', () => {
  expect(again).toMatchObject({ exitCode: 1, stdout: '', requests: [] });
  expect(again.stderr).toBe(`Error: Session ID ${V7} is already in use.\n`);
});

test('the transcript is in projects/CLAUDE_CODE_PROJECT_DIR_NAME of the config dir, whatever the working directory', () => {
  const expected = join(cli.home.configDir, 'projects', 'baton', `${V7}.jsonl`);
  expect(existsSync(expected)).toBe(true);
});

test('without CLAUDE_CODE_PROJECT_DIR_NAME the transcript is in a folder named after the working directory', async () => {
  const other = await makeCli();
  const env = { CLAUDE_CODE_PROJECT_DIR_NAME: '' };
  await other.run({ script: [text('yes')], args: [`--session-id=${V7}`], prompt: 'go', env });
  const slug = other.home.workDir.replaceAll(/[^a-zA-Z0-9]/g, '-');
  expect(await readdir(join(other.home.configDir, 'projects'))).toEqual([slug]);
  await other.remove();
});

test('CLAUDE_CONFIG_DIR holds all files, and nothing is written to HOME or the working directory', async () => {
  expect(await readdir(cli.home.home)).toEqual([]);
  expect(await readdir(cli.home.workDir)).toEqual([]);
});

test('CLAUDE_CODE_TMPDIR holds the temporary files, including files that a kill leaves behind', async () => {
  const other = await makeCli();
  const trap = join(other.home.root, 'trap');
  await mkdir(trap);
  const env = { TMPDIR: trap };
  const stop = async (claude: RunningClaude): Promise<void> => {
    const hasProbe = async () =>
      (await readdir(other.home.tmpDir, { recursive: true })).join().includes('fswatch-probe-');
    await waitFor('a temporary file of the CLI', hasProbe);
    process.kill(claude.pid, 'SIGKILL');
  };
  const args = [`--session-id=${V7}`];
  await other.runUntil({ script: [hang()], args, prompt: 'go', env }, stop);
  const left = await readdir(other.home.tmpDir, { recursive: true });
  expect(left.join()).toContain('fswatch-probe-');
  expect(await readdir(trap)).toEqual([]);
  const shared = await readdir(`/tmp/claude-${process.getuid?.()}`).catch(() => []);
  expect(shared.filter((name) => name.includes(basename(other.home.root)))).toEqual([]);
  await other.remove();
});
