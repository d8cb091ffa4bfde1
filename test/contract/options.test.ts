// What each flag that stands for a key of a config changes in the requests to the API and in the events.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { text, toolUse } from '../support/messages-api/reply.ts';
import type { MessagesRequest } from '../support/messages-api/request.ts';
import type { Line } from '../support/real-claude.ts';
import { type Cli, type CliRun, makeCli } from './cli.ts';

// A model with a fixed thinking budget. The default model decides by itself how much it thinks.
const OLDER = '--model=claude-sonnet-4-5';
const ONE_MILLION = 'context-1m-2025-08-07';

let cli: Cli;

beforeAll(async () => {
  cli = await makeCli();
});
afterAll(() => cli.remove());

function run(args: string[], env: Record<string, string> = {}): Promise<CliRun> {
  return cli.run({ script: [text('done')], args, env, prompt: 'go' });
}

const init = ({ lines }: CliRun) => lines.find((line) => line.subtype === 'init');
const first = ({ requests }: CliRun) => requests[0]?.body;

describe('--tools', () => {
  test('with names leaves only these built-in tools', async () => {
    expect(init(await run(['--tools=Read,Bash']))?.['tools']).toEqual(['Bash', 'Read']);
  });

  test('with nothing leaves no built-in tool, and a name that begins with a dash is no flag', async () => {
    expect(init(await run(['--tools=']))?.['tools']).toEqual([]);
    const dashed = await run(['--tools=--help,Read']);
    expect([init(dashed)?.['tools'], dashed.exitCode]).toEqual([['Read'], 0]);
  });

  test('with "default" leaves all of them', async () => {
    expect(init(await run(['--tools=default']))?.['tools']).toEqual(init(await run([]))?.['tools']);
  });
});

describe('--effort', () => {
  test('reaches the request, and the variable CLAUDE_CODE_EFFORT_LEVEL overrides it', async () => {
    expect(first(await run(['--effort=low']))?.output_config).toMatchObject({ effort: 'low' });
    const both = await run(['--effort=low'], { CLAUDE_CODE_EFFORT_LEVEL: 'high' });
    expect(first(both)?.output_config).toMatchObject({ effort: 'high' });
  });

  test('with an unknown level is ignored with a warning', async () => {
    const { stderr, exitCode } = await run(['--effort=huge']);
    expect([exitCode, stderr]).toEqual([
      0,
      expect.stringContaining("Unknown --effort value 'huge'"),
    ]);
  });
});

describe('--max-thinking-tokens', () => {
  test('reaches the request of a model with a fixed budget, and 0 turns thinking off', async () => {
    expect(first(await run(['--max-thinking-tokens=3000', OLDER]))?.thinking).toMatchObject({
      type: 'enabled',
      budget_tokens: 3000,
    });
    expect(first(await run(['--max-thinking-tokens=0', OLDER]))?.thinking).toEqual({
      type: 'disabled',
    });
  });

  test('is overridden by the variable MAX_THINKING_TOKENS', async () => {
    const both = await run(['--max-thinking-tokens=3000', OLDER], { MAX_THINKING_TOKENS: '2000' });
    expect(first(both)?.thinking).toMatchObject({ budget_tokens: 2000 });
  });

  test('changes nothing for a model that decides by itself', async () => {
    const plain = first(await run([]))?.thinking;
    expect(plain).toMatchObject({ type: 'adaptive' });
    expect(first(await run(['--max-thinking-tokens=3000']))?.thinking).toEqual(plain);
  });
});

test('--task-budget reaches the request', async () => {
  expect(first(await run(['--task-budget=50000']))?.output_config).toMatchObject({
    task_budget: { type: 'tokens', total: 50_000 },
  });
});

test('--betas, once for each name, sends the names that the CLI knows and warns of the others', async () => {
  const { requests, stderr, exitCode } = await run([
    '--betas=--help',
    `--betas=${ONE_MILLION}`,
    OLDER,
  ]);
  const sent = String(requests[0]?.headers['anthropic-beta']).split(',');
  expect(sent).toContain(ONE_MILLION);
  expect(sent).not.toContain('--help');
  expect(stderr).toContain("Beta header '--help' is not allowed");
  expect(exitCode).toBe(0);
});

test('--exclude-dynamic-system-prompt-sections takes the paths of the memory out of the system prompt', async () => {
  const memory = join(cli.home.configDir, 'projects');
  const system = async (args: string[]) => JSON.stringify(first(await run(args))?.system);
  expect(await system([OLDER])).toContain(memory);
  expect(await system([OLDER, '--exclude-dynamic-system-prompt-sections'])).not.toContain(memory);
});

describe('a sub-agent', () => {
  function script(request: MessagesRequest) {
    if (request.fromSubAgent) {
      return request.toolResults.length > 0
        ? text('words of the sub-agent')
        : toolUse('Bash', { command: 'echo sub' });
    }
    if (request.toolResults.length > 0) return text('done');
    const input = { description: 'look', prompt: 'look', subagent_type: 'general-purpose' };
    return toolUse('Agent', { ...input, run_in_background: false });
  }
  const runIt = (args: string[]) =>
    cli.run({ script, args: ['--allowedTools=Bash', ...args], prompt: 'go' });
  const saysWords = (line: Line) =>
    line.type === 'assistant' && JSON.stringify(line).includes('words of the sub-agent');

  test('has the text of --append-subagent-system-prompt-file in its system prompt, and the main thread has not', async () => {
    const path = join(cli.home.root, 'sub.txt');
    await writeFile(path, 'SUB-MARK', { mode: 0o600 });
    const { requests } = await runIt([`--append-subagent-system-prompt-file=${path}`]);
    const marked = requests.map(({ body, fromSubAgent }) => [
      fromSubAgent,
      JSON.stringify(body.system).includes('SUB-MARK'),
    ]);
    expect(marked.length).toBeGreaterThan(2);
    for (const [fromSubAgent, isMarked] of marked) expect(isMarked).toBe(fromSubAgent);
  });

  test('has its words in the events only with --forward-subagent-text', async () => {
    expect((await runIt([])).lines.filter(saysWords)).toEqual([]);
    const [line] = (await runIt(['--forward-subagent-text'])).lines.filter(saysWords);
    expect(line?.['parent_tool_use_id']).toEqual(expect.any(String));
  });
});

test('--include-hook-events adds the start and the end of each hook to the events', async () => {
  const hook = { hooks: [{ type: 'command', command: 'true' }] };
  const settings = `--settings=${JSON.stringify({ hooks: { PreToolUse: [hook] } })}`;
  const script = [toolUse('Bash', { command: 'true' }), text('done')];
  const hooks = async (args: string[]) => {
    const options = { script, args: [settings, '--allowedTools=Bash', ...args], prompt: 'go' };
    const { lines } = await cli.run(options);
    return lines.filter(({ subtype = '' }) => subtype.startsWith('hook_'));
  };
  expect(await hooks([])).toEqual([]);
  expect(await hooks(['--include-hook-events'])).toMatchObject([
    { type: 'system', subtype: 'hook_started', hook_event: 'PreToolUse' },
    { type: 'system', subtype: 'hook_response', hook_event: 'PreToolUse', exit_code: 0 },
  ]);
});

describe('--plugin-dir', () => {
  test('brings the agents, hooks and MCP servers of a plugin; --strict-mcp-config keeps the servers out', async () => {
    const dir = join(cli.home.root, 'review');
    await mkdir(join(dir, '.claude-plugin'), { recursive: true });
    await mkdir(join(dir, 'hooks'));
    await mkdir(join(dir, 'agents'));
    const write = (name: string, content: string) => writeFile(join(dir, name), content);
    const command = `echo "{}" >> ${join(cli.home.root, 'hook-ran')}`;
    const hooks = { SessionStart: [{ hooks: [{ type: 'command', command }] }] };
    const manifest = { name: 'review', version: '1.0.0', description: 'd' };
    await write('.claude-plugin/plugin.json', JSON.stringify(manifest));
    await write('hooks/hooks.json', JSON.stringify({ hooks }));
    await write('.mcp.json', JSON.stringify({ mcpServers: { own: { command: '/no/such' } } }));
    await write('agents/critic.md', '---\nname: critic\ndescription: d\n---\nCRITIC-PROMPT');
    const plain = await run([`--plugin-dir=${dir}`]);
    expect(init(plain)?.['plugins']).toContainEqual(expect.objectContaining({ name: 'review' }));
    expect(init(plain)?.['agents']).toContain('review:critic');
    expect(init(plain)?.['mcp_servers']).toMatchObject([{ name: 'plugin:review:own' }]);
    expect(plain.lines.map(({ subtype }) => subtype)).toContain('hook_response');
    const strict = await run([`--plugin-dir=${dir}`, '--strict-mcp-config', '--setting-sources=']);
    expect(init(strict)?.['mcp_servers']).toEqual([]);
    expect(strict.lines.map(({ subtype }) => subtype)).toContain('hook_response');
  });

  test('with a missing directory is no error: only the init line tells', async () => {
    const missing = await run(['--plugin-dir=/no/such/plugin']);
    expect(missing).toMatchObject({ exitCode: 0, stderr: '' });
    expect(init(missing)?.['plugin_errors']).toMatchObject([{ type: 'path-not-found' }]);
  });
});
