// Variables that change which code the CLI runs, and files in the working directory that have no
// effect.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { text } from '../support/messages-api/reply.ts';
import { type Cli, makeCli } from './cli.ts';

const FLAGS = ['--setting-sources=', '--strict-mcp-config'];

let cli: Cli;

beforeAll(async () => {
  cli = await makeCli();
});
afterAll(() => cli.remove());

const marking = (mark: string) => `require('fs').writeFileSync('${mark}','x')`;

test('BUN_OPTIONS runs code in the CLI before all other code', async () => {
  const mark = join(cli.home.root, 'preloaded');
  const env = { BUN_OPTIONS: `--preload=data:text/javascript,${marking(mark)}` };
  await cli.run({ script: [text('done')], args: FLAGS, env, prompt: 'go' });
  expect(existsSync(mark)).toBe(true);
});

test('bunfig.toml and .env in the working directory have no effect', async () => {
  const mark = join(cli.home.root, 'by-file');
  const work = (name: string) => join(cli.home.workDir, name);
  await writeFile(work('evil.js'), marking(mark));
  await writeFile(work('bunfig.toml'), 'preload = ["./evil.js"]\n');
  for (const name of ['.env', '.env.local']) {
    await writeFile(work(name), 'ANTHROPIC_MODEL=from-a-file\n');
  }
  const run = await cli.run({ script: [text('done')], args: FLAGS, prompt: 'go' });
  expect(run.results[0]).toMatchObject({ is_error: false, result: 'done' });
  expect(run.requests[0]?.body.model).not.toBe('from-a-file');
  expect(existsSync(mark)).toBe(false);
});

test('@path in a prompt sends the model a file outside the working directory, even without the Read tool', async () => {
  const file = join(cli.home.root, 'mentioned.txt');
  await writeFile(file, 'WHAT-THE-FILE-SAYS');
  const args = [...FLAGS, '--disallowedTools=Read'];
  const run = await cli.run({ script: [text('done')], args, prompt: `see @${file}` });
  expect(JSON.stringify(run.requests[0]?.body.messages)).toContain('WHAT-THE-FILE-SAYS');
});
