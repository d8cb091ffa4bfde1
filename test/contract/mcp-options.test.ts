// What `timeout`, `alwaysLoad` and `toolPermissions` of an MCP server do.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type McpHttpServer, startMcpHttpServer } from '../support/mcp-http-server.ts';
import { text, toolUse } from '../support/messages-api/reply.ts';
import { type Cli, type CliRun, makeCli } from './cli.ts';

const PROGRAM = fileURLToPath(new URL('../support/mcp-server-fixture.ts', import.meta.url));

let cli: Cli;
let web: McpHttpServer;

beforeAll(async () => {
  cli = await makeCli();
  web = await startMcpHttpServer(['one', 'two', 'slow']);
});
afterAll(async () => {
  web.stop();
  await cli.remove();
});

/** Runs the CLI with one server. The model calls the tool, if one is given. */
async function run(server: object, call?: { tool: string; args?: string[]; input?: object }) {
  const file = join(cli.home.root, 'mcp.json');
  await writeFile(file, JSON.stringify({ mcpServers: { own: server } }), { mode: 0o600 });
  return cli.run({
    script: [...(call ? [toolUse(`mcp__own__${call.tool}`, call.input ?? {})] : []), text('done')],
    args: [`--mcp-config=${file}`, '--strict-mcp-config', ...(call?.args ?? [])],
    env: { IS_SANDBOX: '1' },
    prompt: 'go',
  });
}

const program = (rest: object) => ({ command: process.execPath, args: [PROGRAM], ...rest });
const remote = (rest: object) => ({ type: 'http', url: web.url, ...rest });
const listed = ({ lines }: CliRun) => {
  const tools = lines.find(({ subtype }) => subtype === 'init')?.['tools'] as string[];
  return tools.filter((name) => name.startsWith('mcp__'));
};
const sent = ({ requests }: CliRun) =>
  (requests[0]?.body.tools ?? []).flatMap(({ name = '' }) => (/^mcp__/.test(name) ? [name] : []));

test.each([
  ['a program', () => program({ alwaysLoad: true }), ['approve', 'environment']],
  ['an HTTP server', () => remote({ alwaysLoad: true }), ['one', 'slow', 'two']],
])('alwaysLoad puts the tools of %s into the first request', async (_, server, names) => {
  expect(sent(await run(server())).sort()).toEqual(names.map((name) => `mcp__own__${name}`));
  expect(sent(await run({ ...server(), alwaysLoad: false }))).toEqual([]);
});

test.each([
  ['a program', () => program({ timeout: 1000 }), 'approve', { input: { command: 'ponder' } }],
  ['an HTTP server', () => remote({ timeout: 1000 }), 'slow', {}],
])('timeout ends a call of %s', async (_, server, tool, input) => {
  const args = [`--allowedTools=mcp__own__${tool}`];
  const { requests } = await run({ ...server(), alwaysLoad: true }, { tool, args, input });
  expect(requests[1]?.toolResults).toEqual([expect.stringContaining('timed out')]);
});

describe('toolPermissions of an HTTP server', () => {
  const server = (toolPermissions: object) => remote({ alwaysLoad: true, toolPermissions });

  test('takes a tool away that is blocked', async () => {
    expect(listed(await run(server({ one: 'blocked' })))).toEqual([
      'mcp__own__slow',
      'mcp__own__two',
    ]);
  });

  test.each([['--allowedTools=mcp__own__one'], ['--permission-mode=bypassPermissions']])(
    'asks for a tool even with %s, and allows none',
    async (flag) => {
      const ask = await run(server({ one: 'ask' }), { tool: 'one', args: [flag] });
      expect(ask.requests[1]?.toolResults).not.toEqual(['called one']);
      expect(ask.results[0]?.['permission_denials']).toHaveLength(1);
      const plain = await run(server({}), { tool: 'one', args: [flag] });
      expect(plain.requests[1]?.toolResults).toEqual(['called one']);
      const allow = await run(server({ one: 'allow' }), { tool: 'one' });
      expect(allow.results[0]?.['permission_denials']).toHaveLength(1);
    },
  );

  test('is ignored for a program, and so is a list `tools` with permission policies', async () => {
    const tool = 'environment';
    const args = ['--allowedTools=mcp__own__environment'];
    const rest = { alwaysLoad: true, toolPermissions: { [tool]: 'blocked' } };
    const tools = [{ name: tool, permission_policy: 'always_deny' }];
    const { requests } = await run(program({ ...rest, tools }), { tool, args });
    expect(requests[1]?.toolResults).toEqual([expect.stringContaining('ANTHROPIC_BASE_URL')]);
  });
});

test.each([
  ['timeout', () => program({ timeout: -1 })],
  ['toolPermissions', () => remote({ toolPermissions: { one: 'never' } })],
])('a server with a wrong %s is dropped without a word', async (_, server) => {
  const { lines, stderr, exitCode } = await run(server());
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(lines.find(({ subtype }) => subtype === 'init')?.['mcp_servers']).toEqual([]);
});
