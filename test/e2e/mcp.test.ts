// MCP servers of a session, with the real CLI and a scripted model: permission prompts, and the ids of session and run that the servers receive.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SessionConfig } from '@baton/core/internal';
import { describe, expect, onTestFinished } from 'vitest';
import type { Fleet } from '../support/fleet.ts';
import { startMcpHttpServer } from '../support/mcp-http-server.ts';
import { text, toolUse } from '../support/messages-api/reply.ts';
import { initOf, testWithModel } from '../support/scripted-fleet.ts';

const MCP_SERVER = fileURLToPath(new URL('../support/mcp-server-fixture.ts', import.meta.url));
const APPROVER = 'mcp__approvals__approve';

// The model runs the prompt as a command, and answers with the result.
const test = testWithModel(({ prompt, toolResults }) =>
  toolResults.length > 0
    ? text(`tool: ${toolResults.join()}`)
    : toolUse('Bash', { command: prompt }),
);

describe('a permission prompt tool', () => {
  function asking(fleet: Fleet, command: string, name: string): SessionConfig {
    const env = { ASKED_FILE: join(fleet.root, name) };
    const approvals = { command: process.execPath, args: [MCP_SERVER], env };
    return {
      query: command,
      permission_prompt_tool: APPROVER,
      mcp_config: { mcpServers: { approvals } },
    };
  }
  const askedOf = async (fleet: Fleet, name: string) =>
    JSON.parse(await readFile(join(fleet.root, name), 'utf8'));

  test('gets the call with the session’s ids, and an allowed call runs as the tool rewrote it', async ({
    scripted: fleet,
  }) => {
    const command = 'touch to-rewrite';
    const id = await fleet.launch(asking(fleet, command, 'allowed'));
    const session = await fleet.ended(id);
    expect(session).toMatchObject({ status: 'completed', result: { permission_denials: [] } });
    expect(session.result?.result).toBe('tool: rewritten');
    const { asked, ...whose } = await askedOf(fleet, 'allowed');
    expect(asked).toMatchObject({ tool_name: 'Bash', input: { command } });
    expect(whose).toEqual({ BATON_SESSION_ID: id, BATON_RUN_ID: session.run_id });
    const raws = (await fleet.events(id)).map(({ raw }) => raw);
    expect(raws.some((raw) => raw.includes(`"tool_use_id":"${asked.tool_use_id}"`))).toBe(true);
  });

  test('denies a call with its own message, and the result lists the denial', async ({
    scripted: fleet,
  }) => {
    const id = await fleet.launch(asking(fleet, 'touch refuse', 'denied'));
    const session = await fleet.ended(id);
    expect(session).toMatchObject({
      status: 'completed',
      result: {
        result: 'tool: refused by the fixture',
        permission_denials: [{ tool_name: 'Bash', tool_input: { command: 'touch refuse' } }],
      },
    });
  });

  test('that never answers fails the session at its idle timeout', async ({ scripted: fleet }) => {
    const config = asking(fleet, 'touch ponder', 'pondered');
    const timeouts = { idle_ms: 5_000 };
    const id = await fleet.launch({ ...config, timeouts, recovery: { max_retries: 0 } });
    expect(await fleet.ended(id)).toMatchObject({
      status: 'failed',
      failure: { code: 'IDLE_TIMEOUT' },
    });
    expect(await askedOf(fleet, 'pondered')).toMatchObject({ BATON_SESSION_ID: id });
  });

  test('of a server that did not start fails the session with the reason, and the init line lists the server', async ({
    scripted: fleet,
  }) => {
    const id = await fleet.launch({
      query: 'touch never',
      permission_prompt_tool: APPROVER,
      mcp_config: { mcpServers: { approvals: { command: '/no/such/server' } } },
    });
    const session = await fleet.ended(id);
    expect(session).toMatchObject({
      status: 'failed',
      error: expect.stringContaining(`MCP tool ${APPROVER}`),
      failure: {
        code: 'PROTOCOL',
        exit_code: 1,
        stderr_tail: expect.stringContaining('not found'),
      },
    });
    expect((await initOf(fleet, id))['mcp_servers']).toMatchObject([
      { name: 'approvals', status: 'failed' },
    ]);
  });
});

test('an MCP server over HTTP gets the session’s id if its headers ask for it', async ({
  scripted: fleet,
}) => {
  const server = await startMcpHttpServer();
  onTestFinished(server.stop);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the worker fills it in
  const headers = { 'X-Session-ID': '${BATON_SESSION_ID}' };
  const web = { type: 'http' as const, url: `${server.url}/mcp`, headers };
  const id = await fleet.launch({ query: 'echo hello', mcp_config: { mcpServers: { web } } });
  expect((await fleet.ended(id)).status).toBe('completed');
  expect((await initOf(fleet, id))['mcp_servers']).toMatchObject([
    { name: 'web', status: 'connected' },
  ]);
  expect(new Set(server.seen.map((one) => one.headers['x-session-id']))).toEqual(new Set([id]));
});
