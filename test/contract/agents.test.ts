// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the CLI's references, not JavaScript's
// What the CLI does with the file of `--agents`, and with `--agent`.
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Agent } from '@baton/core/internal';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { agentsFileOf } from '../../apps/worker/src/claude/mcp-file.ts';
import { type McpHttpServer, startMcpHttpServer } from '../support/mcp-http-server.ts';
import type { Reply } from '../support/messages-api/reply.ts';
import { text, toolUse } from '../support/messages-api/reply.ts';
import type { MessagesRequest } from '../support/messages-api/request.ts';
import { waitFor } from '../support/wait.ts';
import { type Cli, type CliRun, makeCli } from './cli.ts';

const PROGRAM = fileURLToPath(new URL('../support/mcp-server-fixture.ts', import.meta.url));
const HELPER: Agent = { description: 'HELPER-DESCRIPTION', prompt: 'HELPER-PROMPT' };

let cli: Cli;
let web: McpHttpServer;

beforeAll(async () => {
  cli = await makeCli();
  web = await startMcpHttpServer(['one']);
});
afterAll(async () => {
  web.stop();
  await cli.remove();
});

async function flagOf(agents: Record<string, Agent> | object): Promise<string> {
  const path = join(cli.home.root, 'agents.json');
  await writeFile(path, JSON.stringify(agents), { mode: 0o600 });
  return `--agents=${path}`;
}

const asHelper = async (helper: Partial<Agent>, args: string[] = []): Promise<CliRun> =>
  cli.run({
    script: [text('done')],
    args: [await flagOf({ helper: { ...HELPER, ...helper } }), '--agent=helper', ...args],
    prompt: 'go',
  });

/** Runs a session whose model starts the sub-agent `helper`, which makes one call. */
async function delegate(helper: Partial<Agent>, call: Reply, args: string[] = []) {
  return cli.run({
    script: (request: MessagesRequest) => {
      if (request.fromSubAgent) return request.toolResults.length > 0 ? text('did it') : call;
      if (request.toolResults.length > 0) return text('done');
      const input = { description: 'help', prompt: 'help', subagent_type: 'helper' };
      return toolUse('Agent', { ...input, run_in_background: false });
    },
    args: [await flagOf({ helper: { ...HELPER, ...helper } }), ...args],
    prompt: 'go',
  });
}

const init = ({ lines }: CliRun) => lines.find(({ subtype }) => subtype === 'init');
const systemOf = (run: CliRun, index = 0) => JSON.stringify(run.requests[index]?.body.system);
const offered = (run: CliRun) =>
  JSON.stringify(run.requests[0]?.body).includes('HELPER-DESCRIPTION');

test('--agent runs the session as an agent: with its prompt, its model and its tools', async () => {
  const run = await asHelper({ tools: ['Read'], model: 'haiku' });
  expect(systemOf(run)).toContain('HELPER-PROMPT');
  expect(init(run)).toMatchObject({ tools: ['Read'], model: expect.stringContaining('haiku') });
});

test('a system prompt of the session replaces the prompt of its agent', async () => {
  const path = join(cli.home.root, 'system.txt');
  await writeFile(path, 'SYSTEM-MARK', { mode: 0o600 });
  const run = await asHelper({ tools: ['Read'] }, [`--system-prompt-file=${path}`]);
  expect(systemOf(run)).toContain('SYSTEM-MARK');
  expect(systemOf(run)).not.toContain('HELPER-PROMPT');
  expect(init(run)?.['tools']).toEqual(['Read']);
});

test.each(['nobody', '--help'])(
  '--agent=%s, which no agent has as its name, is ignored',
  async (name) => {
    const run = await cli.run({ script: [text('done')], args: [`--agent=${name}`], prompt: 'go' });
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.results[0]).toMatchObject({ result: 'done' });
  },
);

test('a sub-agent has the prompt, the tools, the model, the effort and the hooks of its agent', async () => {
  const ran = join(cli.home.root, 'hook-ran');
  const hooks = { PreToolUse: [{ hooks: [{ type: 'command', command: `touch ${ran}` }] }] };
  const tools = ['Bash', 'Read'];
  const helper: Partial<Agent> = { tools, model: 'haiku', effort: 'low', hooks };
  const run = await delegate(helper, toolUse('Bash', { command: 'true' }), ['--allowedTools=Bash']);
  expect(offered(run)).toBe(true);
  const { body } = run.requests.find(({ fromSubAgent }) => fromSubAgent) ?? {};
  expect(JSON.stringify(body?.system)).toContain('HELPER-PROMPT');
  expect(body?.tools?.map(({ name }) => name).sort()).toEqual(tools);
  expect(body?.model).toContain('haiku');
  expect(body?.output_config).toMatchObject({ effort: 'low' });
  expect(existsSync(ran)).toBe(true);
});

test('the permission mode of an agent holds for a sub-agent, but not for the session itself', async () => {
  const file = (name: string) => join(cli.home.workDir, name);
  const write = (name: string) => toolUse('Write', { file_path: file(name), content: 'x' });
  await delegate({ permissionMode: 'acceptEdits' }, write('by-mode'));
  await delegate({}, write('by-nothing'));
  const script = [write('by-session'), text('done')];
  const agents = await flagOf({ helper: { ...HELPER, permissionMode: 'acceptEdits' } });
  await cli.run({ script, args: [agents, '--agent=helper'], prompt: 'go' });
  expect(['by-mode', 'by-nothing', 'by-session'].map((name) => existsSync(file(name)))).toEqual([
    true,
    false,
    false,
  ]);
});

test('the CLI accepts an agent with every key of the schema', async () => {
  const full: Required<Agent> = {
    ...HELPER,
    tools: ['Read'],
    disallowedTools: ['Bash'],
    model: 'inherit',
    effort: 'max',
    permissionMode: 'manual',
    mcpServers: ['given', { own: { command: '/no/such' } }],
    hooks: { Stop: [{ hooks: [{ type: 'command', command: 'true' }] }] },
    maxTurns: 3,
    skills: ['debug'],
    background: true,
    omitClaudeMd: true,
    isolation: 'worktree',
    autoCompactWindow: 100_000,
  };
  const args = [await flagOf({ full })];
  const run = await cli.run({ script: [text('done')], args, prompt: 'go' });
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  expect(init(run)?.['agents']).toContain('full');
});

test.each([
  ['a name that begins with a dash', { '-x': HELPER }],
  ['no prompt', { x: { description: 'd' } }],
  ['an unknown permission mode', { x: { ...HELPER, permissionMode: 'never' } }],
  ['a small compaction window', { x: { ...HELPER, autoCompactWindow: 99_999 } }],
])('an agent with %s stops the CLI with an error on stderr', async (_, agents) => {
  const args = [await flagOf(agents)];
  const run = await cli.run({ script: [text('done')], args, prompt: 'go' });
  expect(run).toMatchObject({ exitCode: 1, stdout: '', requests: [] });
  expect(run.stderr).toContain('Invalid --agents configuration');
});

test('a resume keeps the agent of the transcript, and --agent=claude is the CLI without an agent', async () => {
  const id = '0197f0a0-7777-7000-8000-0000000000a1';
  await asHelper({ tools: ['Read'] }, [`--session-id=${id}`]);
  const agents = await flagOf({ helper: { ...HELPER, tools: ['Read'] } });
  const resumed = (args: string[]) =>
    cli.run({
      script: [text('done')],
      args: [`--resume=${id}`, '--system-prompt-snapshot=off', agents, ...args],
      prompt: 'go',
    });
  const kept = await resumed([]);
  expect([systemOf(kept).includes('HELPER-PROMPT'), init(kept)?.['tools']]).toEqual([
    true,
    ['Read'],
  ]);
  const cleared = await resumed(['--agent=claude']);
  const plain = await cli.run({ script: [text('done')], args: [agents], prompt: 'go' });
  expect(systemOf(cleared)).not.toContain('HELPER-PROMPT');
  expect(init(cleared)?.['tools']).toEqual(init(plain)?.['tools']);
});

describe('the MCP servers of an agent', () => {
  const ENV = { MARK: 'EXPANDED', TWICE: '${MARK}' };
  const FORMS = ['${MARK}', '${TWICE}', '${NOPE:-x}', '$MARK', '$${MARK}', 'a${MARK', '${}'];

  async function reached(write: (agents: Record<string, Agent>) => object) {
    const started = join(cli.home.root, 'started.json');
    await rm(started, { force: true });
    const named = Object.fromEntries(FORMS.map((form, index) => [`X-Form-${index}`, form]));
    const own = {
      command: process.execPath,
      args: [PROGRAM, ...FORMS],
      env: { STARTED_FILE: started, FORM: FORMS[0] ?? '' },
    };
    const remote = { type: 'http' as const, url: `${web.url}/p?q=\${MARK}`, headers: named };
    const helper: Agent = { ...HELPER, mcpServers: [{ own }, { web: remote }] };
    web.seen.length = 0;
    const run = await cli.run({
      script: async () => {
        await waitFor('both servers', () => existsSync(started) && web.seen.length > 0);
        return text('done');
      },
      args: [await flagOf(write({ helper })), '--agent=helper', '--strict-mcp-config'],
      env: ENV,
      prompt: 'go',
    });
    const { argv, env } = JSON.parse(await readFile(started, 'utf8'));
    const headers = FORMS.map((_, index) => web.seen[0]?.headers[`x-form-${index}`]);
    return { run, argv, env, headers, url: web.seen[0]?.url };
  }

  test('start despite --strict-mcp-config, with the API key, and only their headers are expanded, once', async () => {
    const { argv, env, headers, url } = await reached((agents) => agents);
    expect(argv).toEqual(FORMS);
    expect([env.FORM, env.ANTHROPIC_API_KEY]).toEqual(['${MARK}', 'dummy-key-of-the-tests']);
    expect(url).toBe('/p?q=${MARK}');
    const expanded = ['EXPANDED', '${MARK}', 'x', '$MARK', '$EXPANDED', 'a${MARK', '${}'];
    expect(headers).toEqual(expanded);
  });

  test('get every value unchanged, the ids and no API key if a worker wrote the file', async () => {
    const ids = { BATON_SESSION_ID: 'the-session', BATON_RUN_ID: 'the-run' };
    const { argv, env, headers, url } = await reached((agents) =>
      agentsFileOf(agents, ids, ['ANTHROPIC_API_KEY']),
    );
    expect(argv).toEqual(FORMS);
    expect(env).toMatchObject({ FORM: '${MARK}', ANTHROPIC_API_KEY: '', ...ids });
    expect(url).toBe('/p?q=${MARK}');
    expect(headers).toEqual(FORMS);
  });
});

test('the headers of an agent’s http hook expand variables, as those of settings do', async () => {
  const headers = { 'X-Mark': '[$MARK]' };
  const hook = { type: 'http', url: `${web.url}/hook`, headers, allowedEnvVars: ['MARK'] };
  const hooks = { PreToolUse: [{ hooks: [hook] }] };
  web.seen.length = 0;
  const run = await cli.run({
    script: [toolUse('Bash', { command: 'true' }), text('done')],
    args: [await flagOf({ helper: { ...HELPER, hooks } }), '--agent=helper', '--allowedTools=Bash'],
    env: { MARK: 'EXPANDED' },
    prompt: 'go',
  });
  expect(run.exitCode).toBe(0);
  expect(web.seen.map((request) => request.headers['x-mark'])).toContain('[EXPANDED]');
});
