import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failure } from '../support/messages-api/failure.ts';
import { text, toolUse } from '../support/messages-api/reply.ts';
import type { MessagesRequest } from '../support/messages-api/request.ts';
import { claudeBin } from '../support/real-claude.ts';
import { type Cli, type CliRun, makeCli } from './cli.ts';

let cli: Cli;

beforeAll(async () => {
  cli = await makeCli();
});
afterAll(() => cli.remove());

async function fileOf(name: string, content: string): Promise<string> {
  const path = join(cli.home.root, name);
  await writeFile(path, content, { mode: 0o600 });
  return path;
}

test('--version prints the version number first', async () => {
  const { stdout } = await promisify(execFile)(claudeBin(), ['--version'], { env: {} });
  expect(stdout).toMatch(/^\d+\.\d+\.\d+ \(Claude Code\)\n$/);
});

describe('with every flag that Baton uses as one --flag=value token,', () => {
  let run: CliRun;

  beforeAll(async () => {
    await mkdir(join(cli.home.root, 'more'));
    const args = [
      `--session-id=0197f0a0-8888-7000-8000-000000000001`,
      '--model=sonnet',
      '--fallback-model=haiku',
      '--max-turns=5',
      '--max-budget-usd=2.5',
      `--system-prompt-file=${await fileOf('system.txt', 'SYSTEM-MARK')}`,
      `--append-system-prompt-file=${await fileOf('append.txt', 'APPEND-MARK')}`,
      '--system-prompt-snapshot=off',
      '--allowedTools=Bash,Read',
      '--disallowedTools=WebFetch,Write',
      '--permission-mode=acceptEdits',
      `--settings=${await fileOf('settings.json', '{"env":{"FROM_SETTINGS":"yes"}}')}`,
      '--setting-sources=',
      `--add-dir=${join(cli.home.root, 'more')}`,
      '--strict-mcp-config',
    ];
    const command = `echo $FROM_SETTINGS > ${join(cli.home.root, 'more', 'file')}; cat ${join(cli.home.root, 'more', 'file')}`;
    const script = [toolUse('Bash', { command }), text('done')];
    run = await cli.run({ script, args, prompt: 'go' });
  });

  test('the run succeeds', () => {
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.results[0]).toMatchObject({ is_error: false, result: 'done' });
  });

  test('--model takes an alias, and the init line and the API calls have the full name', () => {
    expect(run.lines[0]?.['model']).toMatch(/^claude-sonnet-/);
    expect(run.requests[0]?.body.model).toBe(run.lines[0]?.['model']);
  });

  test('the init line shows --permission-mode', () => {
    expect(run.lines[0]?.['permissionMode']).toBe('acceptEdits');
  });

  test('--system-prompt-file and --append-system-prompt-file are joined in this order', () => {
    const system = JSON.stringify(run.requests[0]?.body.system);
    expect(system).toContain('SYSTEM-MARK\\n\\nAPPEND-MARK');
  });

  test('--disallowedTools removes the tools', () => {
    expect(run.lines[0]?.['tools']).not.toContain('WebFetch');
    expect(run.lines[0]?.['tools']).not.toContain('Write');
    expect(run.lines[0]?.['tools']).toContain('Read');
  });

  test('--settings as a file, --add-dir and --allowedTools apply to a Bash call', () => {
    expect(run.requests[1]?.toolResults).toEqual(['yes']);
    expect(run.results[0]?.['permission_denials']).toEqual([]);
  });
});

test.each([
  ['--system-prompt-file', 'System prompt file not found'],
  ['--append-system-prompt-file', 'not found'],
  ['--mcp-config', 'MCP config file not found'],
  ['--settings', 'Settings file not found'],
])('%s with a missing file is refused only on stderr', async (flag, words) => {
  const run = await cli.run({ script: [text('x')], args: [`${flag}=/no/such/file`], prompt: 'go' });
  expect(run).toMatchObject({ exitCode: 1, stdout: '', requests: [] });
  expect(run.stderr).toContain(words);
});

test('--json-schema adds structured_output to the result', async () => {
  const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
  const script = [toolUse('StructuredOutput', { name: 'Ada' }), text('done')];
  const args = [`--json-schema=${JSON.stringify(schema)}`];
  const run = await cli.run({ script, args, prompt: 'who' });
  expect(run.results[0]).toMatchObject({ is_error: false, structured_output: { name: 'Ada' } });
});

test.each([
  ['3', 'from the fallback', false], // the fallback comes after three failed calls
  ['1', expect.stringContaining('529'), true],
])(
  '--fallback-model is used only if the retries allow three failed calls (CLAUDE_CODE_MAX_RETRIES=%s)',
  async (retries, result, isError) => {
    const script = (request: MessagesRequest) =>
      request.body.model.includes('haiku') ? text('from the fallback') : failure(529);
    const args = ['--model=sonnet', '--fallback-model=haiku'];
    const env = { CLAUDE_CODE_MAX_RETRIES: retries };
    const run = await cli.run({ script, args, prompt: 'go', env });
    expect(run.results[0]).toMatchObject({ is_error: isError, result });
  },
);

describe('the permission mode', () => {
  const touch = (name: string) => [toolUse('Write', { file_path: name, content: 'x' }), text('ok')];

  test.each([
    ['default', 1],
    ['dontAsk', 1],
    ['plan', 1],
    ['acceptEdits', 0],
  ])('%s leads to %i denials for one write in the working directory', async (mode, denied) => {
    const script = touch(join(cli.home.workDir, `by-${mode}`));
    const run = await cli.run({ script, args: [`--permission-mode=${mode}`], prompt: 'go' });
    expect(run.results[0]?.['permission_denials']).toHaveLength(denied);
    expect(run.results[0]?.['is_error']).toBe(false);
  });

  test('bypassPermissions is refused only for root, and only on stderr', async () => {
    const isRoot = process.getuid?.() === 0;
    const args = ['--permission-mode=bypassPermissions'];
    const run = await cli.run({ script: [text('x')], args, prompt: 'go' });
    expect(run.exitCode).toBe(isRoot ? 1 : 0);
    expect(run.lines.length === 0).toBe(isRoot);
    expect(run.stderr.includes('cannot be used with root')).toBe(isRoot);
  });

  test('bypassPermissions is allowed for root with IS_SANDBOX=1', async () => {
    const args = ['--permission-mode=bypassPermissions'];
    const env = { IS_SANDBOX: '1' };
    const run = await cli.run({ script: [text('x')], args, prompt: 'go', env });
    expect(run.lines[0]?.['permissionMode']).toBe('bypassPermissions');
  });

  test.each([
    ['the flag', ['--permission-mode=bypassPermissions'], {}],
    ['settings', [], { defaultMode: 'bypassPermissions' }],
  ])(
    'bypassPermissions from %s is overruled by disableBypassPermissionsMode in --settings',
    async (_, args, permissions) => {
      const locked = { permissions: { ...permissions, disableBypassPermissionsMode: 'disable' } };
      const file = await fileOf('locked.json', JSON.stringify(locked));
      const run = await cli.run({
        script: [text('x')],
        args: [...args, `--settings=${file}`],
        prompt: 'go',
        env: { IS_SANDBOX: '1' },
      });
      expect(run.lines[0]?.['permissionMode']).toBe('default');
    },
  );
});
