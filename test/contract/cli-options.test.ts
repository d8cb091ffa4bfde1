// docs/cli-options.md has every flag of the CLI under test.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sessionConfigSchema } from '../../packages/core/src/model/config/session-config.ts';
import { text } from '../support/messages-api/reply.ts';
import { claudeBin } from '../support/real-claude.ts';
import { type Cli, makeCli } from './cli.ts';

interface Row {
  flag: string;
  keys: string[];
  remark: string;
}

let cli: Cli;
let help: string;
let listed: Row[];
let hidden: Row[];

beforeAll(async () => {
  cli = await makeCli();
  const env = { HOME: cli.home.home, PATH: '/usr/bin:/bin' };
  help = (await promisify(execFile)(claudeBin(), ['--help'], { env })).stdout;
  const page = await readFile(new URL('../../docs/cli-options.md', import.meta.url), 'utf8');
  listed = rowsOf(page, '| flag | key | remark |');
  hidden = rowsOf(page, '| hidden flag | key | remark |');
});
afterAll(() => cli.remove());

function rowsOf(page: string, head: string): Row[] {
  const [, table = ''] = page.split(`${head}\n`);
  const lines = table.split('\n\n')[0]?.split('\n').slice(1) ?? [];
  return lines.map((line) => {
    const [, flag = '', key = '', remark = ''] = line.split('|').map((cell) => cell.trim());
    return { flag: flag.replaceAll('`', ''), keys: key.match(/\w+/g) ?? [], remark };
  });
}

// An option begins at two spaces and a dash; its value and its description follow.
function flagsOf(text: string): string[] {
  const [, options = ''] = text.split('\nOptions:\n');
  return [...options.matchAll(/^ {2}(-[\w-]+(?:, -[\w-]+)*)/gm)].map(([, flag = '']) => flag);
}

test('the table of docs/cli-options.md has exactly the flags of --help', () => {
  expect(flagsOf(help).length).toBeGreaterThan(60);
  expect(listed.map(({ flag }) => flag)).toEqual(flagsOf(help));
});

describe('each row of docs/cli-options.md', () => {
  test('names a key of the config, or says why there is none', () => {
    const rows = [...listed, ...hidden];
    const keys = rows.flatMap((row) => row.keys);
    expect(rows.filter(({ keys, remark }) => keys.length === 0 && remark === '')).toEqual([]);
    expect(keys.filter((key) => !Object.hasOwn(sessionConfigSchema.shape, key))).toEqual([]);
  });

  test('of a hidden flag is not in --help, and the CLI knows the flag', async () => {
    const flags = hidden.map(({ flag }) => flag);
    expect(flags.filter((flag) => flagsOf(help).includes(flag))).toEqual([]);
    // The CLI reads its arguments in order, so only known flags lead to the last one.
    const args = [...flags.map((flag) => `${flag}=1`), '--no-such-flag'];
    const run = await cli.run({ script: [text('x')], args, prompt: 'go' });
    expect(run.stderr).toContain("unknown option '--no-such-flag'");
  });
});

test('every key of the config that stands for a flag is in a table', () => {
  // These keys are Baton's own, or reach the CLI on its standard input or in its environment.
  const others = [
    'query',
    'working_dir',
    'workspace',
    'env',
    'timeouts',
    'slash_commands',
    'files',
    'content',
    'recovery',
  ];
  const named = [...listed, ...hidden].flatMap(({ keys }) => keys);
  const keys = Object.keys(sessionConfigSchema.shape).filter((key) => !others.includes(key));
  expect(keys.filter((key) => !named.includes(key))).toEqual([]);
});
