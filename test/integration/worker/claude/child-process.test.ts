// The worker's real spawn path gives the CLI its arguments, files, environment and directory.
import { existsSync } from 'node:fs';
import { mkdir, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SessionConfig } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { fakePrompt } from '../../../fake-claude/install.ts';
import { type FullConfig, makeFullConfig } from '../../../support/factories.ts';
import { type Fleet, test } from '../../../support/fleet.ts';
import { waitFor } from '../../../support/wait.ts';

/** What the fake CLI saw, and the contents of its files while it ran. */
interface Seen {
  id: string;
  argv: string[];
  env: Record<string, string>;
  prompt: string;
  cwd: string;
  config: SessionConfig;
  /** Contents of the files on the command line, by flag. */
  files: Record<string, string>;
  /** Permission bits of every path that the CLI was given. */
  modes: Record<string, string>;
}

const FILE_FLAG = /^--([\w-]+-file|mcp-config|settings|agents)=(\/.*)$/;

const OPERATOR = {
  ANTHROPIC_API_KEY: 'operator-key',
  AWS_REGION: 'eu-west-1',
  // None of the variables below may reach the CLI.
  AWS_SECRET: 'worker-secret',
  DATABASE_PASSWORD: 'worker-secret',
  CLAUDECODE: '1',
  CLAUDE_CODE_ENTRYPOINT: 'cli',
  CLAUDE_CONFIG_DIR: '/worker/config',
  NODE_OPTIONS: '--no-warnings',
  BATON_RUN: 'an outer run',
};

test.beforeAll(async ({ fleet }) => {
  await mkdir(join(fleet.root, 'work/place'));
  await mkdir(join(fleet.root, 'work/more'));
  await mkdir(join(fleet.root, 'plugins/review'), { recursive: true });
  await fleet.worker({ ...OPERATOR, ALLOWED_PLUGIN_DIRS: join(fleet.root, 'plugins') });
});

async function mode(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

/** Runs a session and inspects its process while the process waits. */
async function look(fleet: Fleet, name: string, config: Partial<SessionConfig>): Promise<Seen> {
  const dump = join(fleet.root, `${name}.json`);
  const go = join(fleet.root, `${name}.go`);
  const id = await fleet.launch({
    ...config,
    // The structured output matches the config's json_schema.
    query: fakePrompt([
      { dump },
      { wait_for: go },
      { say: 'seen' },
      { result: { structured_output: { name: 'seen' } } },
    ]),
  });
  const facts = await waitFor('the dump', () =>
    readFile(dump, 'utf8').then(JSON.parse, () => undefined),
  );
  const { argv, env } = facts as Seen;
  const files: Record<string, string> = {};
  const modes: Record<string, string> = {};
  for (const argument of argv) {
    const [, flag = '', path] = FILE_FLAG.exec(argument) ?? [];
    if (path === undefined) continue;
    files[flag] = await readFile(path, 'utf8');
    modes[path] = await mode(path);
    modes[dirname(path)] = await mode(dirname(path));
  }
  for (const folder of [env['CLAUDE_CONFIG_DIR'], env['CLAUDE_CODE_TMPDIR']]) {
    modes[folder ?? ''] = await mode(folder ?? '');
    modes[dirname(folder ?? '')] = await mode(dirname(folder ?? ''));
  }
  await writeFile(go, '');
  const session = await fleet.ended(id);
  expect(session.status).toBe('completed');
  return { ...(facts as Seen), id, config: session.config, files, modes };
}

function fullConfig(fleet: Fleet): FullConfig {
  return {
    ...makeFullConfig(),
    working_dir: join(fleet.root, 'work/place'),
    additional_directories: [join(fleet.root, 'work/more')],
    plugins: [join(fleet.root, 'plugins/review')],
    timeouts: { startup_ms: 20_000, idle_ms: 20_000, wall_clock_ms: 20_000, exit_ms: 20_000 },
  };
}

// What the CLI gets for each key of a config. `null` means that it gets nothing.
const SHOWS: Record<keyof SessionConfig, ((seen: Seen) => unknown) | null> = {
  query: ({ prompt, config }) => expect(prompt).toBe(config.query),
  model: ({ argv }) => expect(argv).toContain('--model=sonnet'),
  working_dir: async ({ cwd, config }) =>
    expect(cwd).toBe(await realpath(config.working_dir ?? '')),
  max_turns: ({ argv }) => expect(argv).toContain('--max-turns=3'),
  system_prompt: ({ files }) => expect(files['system-prompt-file']).toBe('be brief'),
  append_system_prompt: ({ files }) =>
    expect(files['append-system-prompt-file']).toMatch(/^and kind\n/),
  custom_instructions: ({ files }) => expect(files['append-system-prompt-file']).toMatch(/always$/),
  permission_prompt_tool: ({ argv }) =>
    expect(argv).toContain('--permission-prompt-tool=mcp__approvals__ask'),
  allowed_tools: ({ argv }) => expect(argv).toContain('--allowedTools=Read,Bash(git log:*)'),
  disallowed_tools: ({ argv }) => expect(argv).toContain('--disallowedTools=WebFetch'),
  mcp_config: ({ files, id }) => {
    const { files: server, web } = JSON.parse(files['mcp-config'] ?? '').mcpServers;
    const ids = { BATON_SESSION_ID: id, BATON_RUN_ID: expect.any(String) };
    expect(server).toMatchObject({ command: 'files-server', args: ['--root', '/srv'] });
    expect(server.env).toEqual({ TOKEN: 's3cret-stdio', ANTHROPIC_API_KEY: '', ...ids });
    expect(web).toMatchObject({ type: 'http', headers: { Authorization: 'Bearer s3cret-header' } });
  },
  workspace: null,
  content: null,
  files: null,
  output_format: ({ argv }) => expect(argv).toContain('--output-format=stream-json'),
  verbose: ({ argv }) => expect(argv).toContain('--verbose'),
  additional_directories: ({ argv, config }) =>
    expect(argv).toContain(`--add-dir=${config.additional_directories?.[0]}`),
  include_partial_messages: ({ argv }) => expect(argv).toContain('--include-partial-messages'),
  permission_mode: ({ argv }) => expect(argv).toContain('--permission-mode=acceptEdits'),
  max_budget_usd: ({ argv }) => expect(argv).toContain('--max-budget-usd=1.5'),
  fallback_model: ({ argv }) => expect(argv).toContain('--fallback-model=haiku'),
  json_schema: ({ argv, config }) =>
    expect(argv).toContain(`--json-schema=${JSON.stringify(config.json_schema)}`),
  settings: ({ files, config }) =>
    expect(JSON.parse(files['settings'] ?? '')).toEqual({
      ...config.settings,
      permissions: { disableBypassPermissionsMode: 'disable' },
    }),
  setting_sources: ({ argv }) => expect(argv).toContain('--setting-sources=user,project'),
  strict_mcp_config: ({ argv }) => expect(argv).toContain('--strict-mcp-config'),
  env: ({ env }) => expect(env['API_TOKEN']).toBe('s3cret-env'),
  timeouts: null,
  slash_commands: null,
  recovery: null,
  tools: ({ argv }) => expect(argv).toContain('--tools=Read,Bash'),
  agents: ({ files, id }) => {
    const { helper } = JSON.parse(files['agents'] ?? '');
    const ids = { BATON_SESSION_ID: id, BATON_RUN_ID: expect.any(String) };
    const env = { TOKEN: 's3cret-agent-stdio', ANTHROPIC_API_KEY: '', ...ids };
    expect(helper.mcpServers.slice(0, 2)).toEqual([
      'files',
      { own: { command: 'own-server', env, timeout: 5000 } },
    ]);
  },
  agent: ({ argv }) => expect(argv).toContain('--agent=helper'),
  effort: ({ argv }) => expect(argv).toContain('--effort=low'),
  max_thinking_tokens: ({ argv }) => expect(argv).toContain('--max-thinking-tokens=1000'),
  task_budget: ({ argv }) => expect(argv).toContain('--task-budget=50000'),
  betas: ({ argv }) => expect(argv).toContain('--betas=context-1m-2025-08-07'),
  plugins: ({ argv, config }) => expect(argv).toContain(`--plugin-dir=${config.plugins?.[0]}`),
  append_subagent_system_prompt: ({ files }) =>
    expect(files['append-subagent-system-prompt-file']).toBe('report briefly'),
  forward_subagent_text: ({ argv }) => expect(argv).toContain('--forward-subagent-text'),
  include_hook_events: ({ argv }) => expect(argv).toContain('--include-hook-events'),
  exclude_dynamic_system_prompt_sections: ({ argv }) =>
    expect(argv).toContain('--exclude-dynamic-system-prompt-sections'),
};

describe('the process of a session', () => {
  test('gets every key of the config', async ({ fleet }) => {
    const seen = await look(fleet, 'full', fullConfig(fleet));
    for (const [key, shows] of Object.entries(SHOWS)) {
      await Promise.resolve(shows?.(seen)).catch((cause) => {
        throw new Error(`${key} does not reach the CLI`, { cause });
      });
    }
  });

  test('shows no secret and no prompt on its command line', async ({ fleet }) => {
    const { argv } = await look(fleet, 'argv', fullConfig(fleet));
    const all = argv.join('\n');
    for (const hidden of ['s3cret', 'operator-key', '#fake', 'be brief', 'always']) {
      expect(all).not.toContain(hidden);
    }
  });

  test('sees the variables of the operator for Claude, of the config and of Baton, and no others', async ({
    fleet,
  }) => {
    const { env, id } = await look(fleet, 'env', { env: { MY_OWN: 'value' } });
    const { run_id } = await fleet.session(id);
    expect(
      Object.keys(env)
        .filter((name) => name !== 'PWD')
        .sort(),
    ).toEqual(
      [
        'PATH',
        'HOME',
        'ANTHROPIC_API_KEY',
        'AWS_REGION',
        'MY_OWN',
        'BATON_SESSION_ID',
        'BATON_RUN_ID',
        'BATON_RUN',
        'CLAUDE_CONFIG_DIR',
        'CLAUDE_CODE_TMPDIR',
        'CLAUDE_CODE_PROJECT_DIR_NAME',
        'CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC',
        'CLAUDE_CODE_DISABLE_AUTO_MEMORY',
        'GIT_CEILING_DIRECTORIES',
      ].sort(),
    );
    expect(env).toMatchObject({ BATON_SESSION_ID: id, BATON_RUN_ID: run_id, MY_OWN: 'value' });
    expect(env['BATON_RUN']).toContain(` ${id} 1`);
    expect(JSON.stringify(env)).not.toContain('worker-secret');
    expect(env['CLAUDE_CONFIG_DIR']).not.toBe(OPERATOR.CLAUDE_CONFIG_DIR);
  });

  test('gets files that only its user may read, and they are removed afterwards', async ({
    fleet,
  }) => {
    const { modes, env } = await look(fleet, 'modes', fullConfig(fleet));
    const paths = Object.entries(modes);
    expect(paths.length).toBeGreaterThanOrEqual(4 + 4);
    for (const [path, bits] of paths) {
      expect({ path, bits }).toEqual({ path, bits: /\.(txt|json)$/.test(path) ? '600' : '700' });
    }
    const root = dirname(env['CLAUDE_CONFIG_DIR'] ?? '');
    await waitFor('the folders to be gone', () => !existsSync(root));
  });

  test('works in a directory of the conversation if the config names none', async ({ fleet }) => {
    const { cwd, id } = await look(fleet, 'cwd', {});
    expect(cwd).toBe(await realpath(join(fleet.root, 'work', id)));
    const dump = join(fleet.root, 'child.json');
    const child = await fleet.continue(id, { query: fakePrompt([{ dump }]) });
    expect((await fleet.ended(child)).status).toBe('completed');
    expect(JSON.parse(await readFile(dump, 'utf8')).cwd).toBe(cwd);
  });
});
