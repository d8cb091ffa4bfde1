import {
  DEFAULT_POLICY,
  isAppError,
  PERMISSION_MODES,
  type Policy,
  type SessionConfig,
} from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { buildCommand, type CommandInput } from '../../../../apps/worker/src/claude/command.ts';

const ID = '01890a5d-ac96-774b-bcce-b302099a8057';

function input(
  config: Partial<SessionConfig> = {},
  rest: Partial<CommandInput> = {},
): CommandInput {
  return {
    config: { query: 'stored query', ...config },
    claudeSessionId: ID,
    resume: false,
    clearsAgent: false,
    dirs: { config: '/run/c', tmp: '/run/t', files: '/run/f' },
    sessionId: 'session-1',
    runId: 'run-1',
    marker: 'w;1;session-1;1',
    baseEnv: { PATH: '/bin', ANTHROPIC_API_KEY: 'key' },
    scrubsEnv: false,
    notes: null,
    policy: { ...DEFAULT_POLICY, allowedPermissionModes: PERMISSION_MODES },
    wakeups: 'allow',
    ...rest,
  };
}

const build = (config: Partial<SessionConfig> = {}, rest: Partial<CommandInput> = {}) =>
  buildCommand(input(config, rest));

const allowing = (env: object) => ({
  ...DEFAULT_POLICY,
  allowedEnv: Object.keys(env),
  allowedPermissionModes: PERMISSION_MODES,
});

const ALWAYS = [
  '--print',
  '--input-format=stream-json',
  '--output-format=stream-json',
  '--verbose',
];

// What each key of SessionConfig adds to the command. The test compiles only if every key is here.
const REACHES: {
  [K in keyof Required<SessionConfig>]: [
    NonNullable<SessionConfig[K]>,
    { args?: string[]; file?: [string, string]; env?: Record<string, string> },
  ];
} = {
  query: ['--help', {}],
  content: [[{ type: 'text', text: '--help' }], {}],
  model: ['-opus', { args: ['--model=-opus'] }],
  working_dir: ['/somewhere', {}],
  workspace: [{ type: 'path', path: '/somewhere' }, {}],
  files: [[{ file_id: '01890000-0000-7000-8000-000000000000', path: 'data.csv' }], {}],
  max_turns: [3, { args: ['--max-turns=3'] }],
  system_prompt: [
    '--you',
    {
      args: ['--system-prompt-file=/run/f/system-prompt.txt'],
      file: ['system-prompt.txt', '--you'],
    },
  ],
  append_system_prompt: [
    'append',
    {
      args: ['--append-system-prompt-file=/run/f/append-system-prompt.txt'],
      file: ['append-system-prompt.txt', 'append'],
    },
  ],
  custom_instructions: [
    'custom',
    {
      args: ['--append-system-prompt-file=/run/f/append-system-prompt.txt'],
      file: ['append-system-prompt.txt', 'custom'],
    },
  ],
  permission_prompt_tool: ['mcp__a__ask', { args: ['--permission-prompt-tool=mcp__a__ask'] }],
  allowed_tools: [['--x', 'Bash(git *)'], { args: ['--allowedTools=--x,Bash(git *)'] }],
  disallowed_tools: [['WebFetch', '-p'], { args: ['--disallowedTools=WebFetch,-p'] }],
  mcp_config: [
    { mcpServers: {} },
    { args: ['--mcp-config=/run/f/mcp.json'], file: ['mcp.json', '{"mcpServers":{}}'] },
  ],
  output_format: ['json', {}],
  verbose: [false, {}],
  additional_directories: [['/a', '/-b'], { args: ['--add-dir=/a', '--add-dir=/-b'] }],
  include_partial_messages: [true, { args: ['--include-partial-messages'] }],
  permission_mode: ['plan', { args: ['--permission-mode=plan'] }],
  max_budget_usd: [0.25, { args: ['--max-budget-usd=0.25'] }],
  fallback_model: ['sonnet,haiku', { args: ['--fallback-model=sonnet,haiku'] }],
  json_schema: [{ type: 'object' }, { args: ['--json-schema={"type":"object"}'] }],
  settings: [
    { model: 'x' },
    { args: ['--settings=/run/f/settings.json'], file: ['settings.json', '{"model":"x"}'] },
  ],
  setting_sources: [['project', 'user', 'user'], { args: ['--setting-sources=user,project'] }],
  strict_mcp_config: [true, { args: ['--strict-mcp-config'] }],
  env: [{ OWN: 'value' }, { env: { OWN: 'value' } }],
  timeouts: [{ idle_ms: 5 }, {}],
  slash_commands: [false, {}],
  recovery: [{ on_crash: 'restart' }, {}],
  tools: [['--help', 'Read'], { args: ['--tools=--help,Read'] }],
  agents: [
    { helper: { description: 'd', prompt: '--p' } },
    {
      args: ['--agents=/run/f/agents.json'],
      file: ['agents.json', '{"helper":{"description":"d","prompt":"--p"}}'],
    },
  ],
  agent: ['-helper', { args: ['--agent=-helper'] }],
  effort: ['low', { args: ['--effort=low'] }],
  max_thinking_tokens: [0, { args: ['--max-thinking-tokens=0'] }],
  task_budget: [5000, { args: ['--task-budget=5000'] }],
  betas: [['-a', 'b'], { args: ['--betas=-a', '--betas=b'] }],
  plugins: [['/p/a', '/p/-b'], { args: ['--plugin-dir=/p/a', '--plugin-dir=/p/-b'] }],
  append_subagent_system_prompt: [
    '--sub',
    {
      args: ['--append-subagent-system-prompt-file=/run/f/subagent-system-prompt.txt'],
      file: ['subagent-system-prompt.txt', '--sub'],
    },
  ],
  forward_subagent_text: [true, { args: ['--forward-subagent-text'] }],
  include_hook_events: [true, { args: ['--include-hook-events'] }],
  exclude_dynamic_system_prompt_sections: [
    true,
    { args: ['--exclude-dynamic-system-prompt-sections'] },
  ],
};

test('a worker that forbids wake-ups adds the wake-up tools to the session’s disallowed tools', () => {
  const { args } = build({ disallowed_tools: ['Bash'] }, { wakeups: 'forbid' });
  expect(args).toContain('--disallowedTools=Bash,ScheduleWakeup,CronCreate');
});

describe('the command', () => {
  test('of a launch has the stream-json flags and the session id, and no other flags', () => {
    expect(build().args).toEqual([...ALWAYS, `--session-id=${ID}`]);
    expect(build().files).toEqual([]);
  });

  test('of a continue resumes with the current system prompts instead of the transcript’s', () => {
    const { args } = build({}, { resume: true });
    expect(args).toEqual([...ALWAYS, `--resume=${ID}`, '--system-prompt-snapshot=off']);
  });

  test.each(Object.entries(REACHES))(
    'gets the right arguments, file and variables from %s',
    (key, [value, added]) => {
      const plain = build();
      const command = build({ [key]: value });
      expect(command.args).toEqual([...plain.args, ...(added.args ?? [])]);
      expect(command.files).toEqual(
        added.file ? [{ path: `/run/f/${added.file[0]}`, content: added.file[1] }] : [],
      );
      expect(command.env).toEqual({ ...plain.env, ...added.env });
    },
  );

  test('has no prompt: the CLI gets its messages on stdin', () => {
    const command = build({ query: 'the query of the session' });
    expect(JSON.stringify(command)).not.toContain('the query of the session');
    expect(command.args).toContain('--input-format=stream-json');
  });

  test('appends custom_instructions to the appended system prompt', () => {
    const { files } = build({ append_system_prompt: 'first', custom_instructions: 'second' });
    expect(files.map((file) => file.content)).toEqual(['first\n\nsecond']);
  });

  test('has no flags for empty tool lists', () => {
    expect(build({ allowed_tools: [], disallowed_tools: [] }).args).toEqual(build().args);
  });

  test('has an empty value for an empty list of built-in tools, and no flag for an option that is off', () => {
    const off = {
      forward_subagent_text: false,
      include_hook_events: false,
      betas: [],
      plugins: [],
    };
    expect(build({ tools: [], ...off }).args).toEqual([...build().args, '--tools=']);
  });

  test('names the CLI’s default agent if the transcript has another one that the config lacks', () => {
    const args = (config: Partial<SessionConfig>) =>
      build(config, { resume: true, clearsAgent: true }).args.filter((arg) =>
        /^--agent=/.test(arg),
      );
    expect(args({})).toEqual(['--agent=claude']);
    expect(args({ agent: 'helper' })).toEqual(['--agent=helper']);
  });

  test('has no variable of the operator or the caller that would override a key of the config', () => {
    const baseEnv = { CLAUDE_CODE_EFFORT_LEVEL: 'high', MAX_THINKING_TOKENS: '2000' };
    const env = { MAX_THINKING_TOKENS: '1000' };
    expect(build({ env }, { baseEnv }).env).toMatchObject({ ...baseEnv, ...env });
    const set = build({ env, effort: 'low', max_thinking_tokens: 5 }, { baseEnv });
    expect(Object.keys(set.env)).not.toContain('CLAUDE_CODE_EFFORT_LEVEL');
    expect(Object.keys(set.env)).not.toContain('MAX_THINKING_TOKENS');
  });

  test('has no secret and no long text in its arguments', () => {
    const secret = 'hush-hush';
    const { args } = build(
      {
        query: secret,
        system_prompt: secret,
        append_system_prompt: secret,
        custom_instructions: secret,
        env: { TOKEN: secret },
        settings: { env: { TOKEN: secret } },
        append_subagent_system_prompt: secret,
        agents: {
          helper: {
            description: 'd',
            prompt: secret,
            mcpServers: [{ a: { command: 'a', env: { TOKEN: secret } } }],
          },
        },
        mcp_config: {
          mcpServers: {
            a: { command: 'a', args: [secret], env: { TOKEN: secret } },
            b: { type: 'http', url: 'https://example.com', headers: { Authorization: secret } },
          },
        },
      },
      { marker: secret, baseEnv: { ANTHROPIC_API_KEY: secret } },
    );
    expect(args.join(' ')).not.toContain(secret);
  });
});

describe('a repository’s configuration', () => {
  const none = { byDefault: [], allowed: [] };
  const policy = { ...DEFAULT_POLICY, allowedPermissionModes: PERMISSION_MODES };
  const flagsOf = (config: Partial<SessionConfig>, changes: Partial<Policy> = {}) =>
    build(config, { policy: { ...policy, ...changes } }).args.filter((arg) =>
      /^--(setting-sources|strict-mcp-config)/.test(arg),
    );

  test.each<[string, Partial<SessionConfig>, Partial<Policy>, string[]]>([
    ['is used by default', {}, {}, []],
    ['is not used if the caller excludes it', { setting_sources: [] }, {}, ['--setting-sources=']],
    [
      'is used if the caller asks for all sources',
      { setting_sources: ['local', 'project', 'user'] },
      {},
      [],
    ],
    [
      'is not used if the operator excludes it',
      {},
      { settingSources: none },
      ['--setting-sources='],
    ],
    [
      'is used if the caller asks for it and the operator allows that',
      { setting_sources: ['project'], strict_mcp_config: false },
      {
        settingSources: { byDefault: [], allowed: ['project'] },
        strictMcpConfig: { byDefault: true, isLocked: false },
      },
      ['--setting-sources=project'],
    ],
    [
      'starts no MCP server if the operator locks strict_mcp_config',
      { strict_mcp_config: false },
      { strictMcpConfig: { byDefault: true, isLocked: true } },
      ['--strict-mcp-config'],
    ],
  ])('%s', (_, config, changes, flags) => {
    expect(flagsOf(config, changes)).toEqual(flags);
  });
});

describe('MCP servers', () => {
  const config = {
    mcpServers: {
      program: { command: 'node', args: ['s.js'], env: { TOKEN: 't', BATON_RUN_ID: 'forged' } },
      bare: { command: 'bare' },
      remote: { type: 'http' as const, url: 'https://example.com', headers: { A: 'b' } },
    },
  };

  test('that are programs get the ids of the session and the run, whatever the caller set', () => {
    const [file] = build({ mcp_config: config }).files;
    const ids = { BATON_SESSION_ID: 'session-1', BATON_RUN_ID: 'run-1' };
    const env = { ANTHROPIC_API_KEY: '', ...ids };
    expect(JSON.parse(file?.content ?? '')).toEqual({
      mcpServers: {
        program: { command: 'node', args: ['s.js'], env: { TOKEN: 't', ...env } },
        bare: { command: 'bare', env },
        remote: { type: 'http', url: 'https://example.com', headers: { A: 'b' } },
      },
    });
  });

  test('that are programs get no secret of the operator, but the caller’s own value of the same name', () => {
    const baseEnv = {
      PATH: '/bin',
      AWS_SECRET_ACCESS_KEY: 'o',
      AWS_SESSION_TOKEN: 'o',
      A_KEY: 'o',
    };
    const own = { env: { AWS_SECRET_ACCESS_KEY: 'c' }, settings: { env: { A_KEY: 'c' } } };
    const [file] = build({ ...own, mcp_config: config }, { baseEnv }).files;
    const { bare } = JSON.parse(file?.content ?? '').mcpServers;
    expect(Object.keys(bare.env)).toEqual([
      'AWS_SESSION_TOKEN',
      'BATON_SESSION_ID',
      'BATON_RUN_ID',
    ]);
    expect(bare.env.AWS_SESSION_TOKEN).toBe('');
  });

  test('are written so that the CLI expands no variable in them', () => {
    const text = 'a$'.concat('{HOME}b');
    const env = { A: text };
    const program = { command: text, args: [text], env };
    const remote = { type: 'sse' as const, url: `http://x.test/${text}`, headers: { A: text } };
    const [file] = build({ mcp_config: { mcpServers: { program, remote } } }).files;
    const written = file?.content ?? '';
    expect(written.match(/\$\{HOME\}/g)).toBeNull();
    expect(written.match(/\$\{BATON_UNSET_[0-9A-F]{24}:-\$\}/g)).toHaveLength(5);
    const [again] = build({ mcp_config: { mcpServers: { program, remote } } }).files;
    expect(again?.content).not.toBe(written);
  });

  test('of agents get the same ids and lack the same secrets, and only their headers are escaped', () => {
    const text = 'a$'.concat('{HOME}b');
    const own = { command: text, args: [text], env: { TOKEN: text, BATON_RUN_ID: 'forged' } };
    const url = 'http://x.test/$'.concat('{BATON_RUN_ID}');
    const web = { type: 'http' as const, url, headers: { A: text } };
    const mcpServers = ['given', { own }, { web }];
    const helper = { description: 'd', prompt: text, mcpServers };
    const [file] = build({ agents: { helper } }).files;
    const written = JSON.parse(file?.content ?? '').helper;
    const ids = { BATON_SESSION_ID: 'session-1', BATON_RUN_ID: 'run-1' };
    expect(written).toEqual({
      description: 'd',
      prompt: text,
      mcpServers: [
        'given',
        { own: { ...own, env: { TOKEN: text, ANTHROPIC_API_KEY: '', ...ids } } },
        { web: { ...web, url: 'http://x.test/run-1', headers: { A: expect.any(String) } } },
      ],
    });
    expect(written.mcpServers[2].web.headers.A).toMatch(
      /^a\$\{BATON_UNSET_[0-9A-F]{24}:-\$\}\{HOME\}b$/,
    );
  });

  test('stay unchanged in the config', () => {
    const before = structuredClone(config);
    build({ mcp_config: config });
    expect(config).toEqual(before);
  });
});

describe('the environment', () => {
  test('holds the variables of the operator and of Baton', () => {
    expect(build().env).toEqual({
      PATH: '/bin',
      ANTHROPIC_API_KEY: 'key',
      CLAUDE_CONFIG_DIR: '/run/c',
      CLAUDE_CODE_TMPDIR: '/run/t',
      CLAUDE_CODE_PROJECT_DIR_NAME: 'session',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_DISABLE_AUTO_MEMORY: '1',
      BATON_SESSION_ID: 'session-1',
      BATON_RUN_ID: 'run-1',
      BATON_RUN: 'w;1;session-1;1',
    });
  });

  test.each([
    'ANTHROPIC_BASE_URL',
    'CLAUDE_CONFIG_DIR',
    'BATON_RUN',
    'LD_PRELOAD',
    'NODE_OPTIONS',
    'PATH',
    'HOME',
  ])('refuses %s from a caller and names the field', (name) => {
    let thrown: unknown;
    try {
      build({ env: { FINE: '1', [name]: 'x' } });
    } catch (error) {
      thrown = error;
    }
    expect(isAppError(thrown) && [thrown.code, thrown.details]).toEqual([
      'ENV_NOT_ALLOWED',
      { field: `env.${name}` },
    ]);
  });

  test('holds the caller’s value of an allowed variable instead of the operator’s', () => {
    const env = { ANTHROPIC_API_KEY: 'own', CLAUDE_CODE_DISABLE_AUTO_MEMORY: '0' };
    const command = build({ env }, { policy: allowing(env) });
    expect(command.env).toMatchObject(env);
  });

  test('ignores a caller’s variables that would move the transcript or hide the process from the sweep', () => {
    const env = { CLAUDE_CONFIG_DIR: 'x', CLAUDE_CODE_PROJECT_DIR_NAME: 'x', BATON_RUN: 'x' };
    const command = build({ env }, { policy: allowing(env) });
    expect(command.env).toEqual(build().env);
  });
});

describe('if bypassPermissions is not allowed,', () => {
  const policy = { ...DEFAULT_POLICY, allowedPermissionModes: ['plan'] };
  const lock = { disableBypassPermissionsMode: 'disable' };

  test.each<[string, SessionConfig['settings'], object]>([
    ['no settings', undefined, { permissions: lock }],
    [
      'settings of the caller',
      { model: 'x', permissions: { allow: ['Read'], disableBypassPermissionsMode: 'no' } },
      { model: 'x', permissions: { allow: ['Read'], ...lock } },
    ],
    ['permissions of null', { permissions: null }, { permissions: lock }],
    ['permissions that are a list', { permissions: ['x'] }, { permissions: lock }],
  ])('the settings file disables that mode, given %s', (_, settings, written) => {
    const { args, files } = build(settings ? { settings } : {}, { policy });
    expect(args).toContain('--settings=/run/f/settings.json');
    expect(files.map(({ content }) => JSON.parse(content))).toEqual([written]);
  });
});

describe('the environment scrub', () => {
  const off = { CLAUDE_CODE_SUBPROCESS_ENV_SCRUB: '0' };
  const on = { CLAUDE_CODE_SUBPROCESS_ENV_SCRUB: '1' };

  test('cannot be turned off by a caller’s env or settings, even if the operator allows the variable', () => {
    const config = { env: off, settings: { env: { A: 'a', ...off } } };
    const command = build(config, { policy: allowing(off), scrubsEnv: true });
    expect(command.env).toMatchObject({ ...on, TMPDIR: '/run/t' });
    expect(command.files.map(({ content }) => JSON.parse(content))).toEqual([
      { env: { A: 'a', ...on } },
    ]);
  });

  test('sets no variable if it is off', () => {
    expect(build().env).not.toHaveProperty('CLAUDE_CODE_SUBPROCESS_ENV_SCRUB');
    expect(build().env).not.toHaveProperty('TMPDIR');
  });
});
