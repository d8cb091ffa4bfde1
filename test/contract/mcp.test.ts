import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { text, toolUse } from '../support/messages-api/reply.ts';
import { type Cli, type CliRun, makeCli } from './cli.ts';

const SERVER = fileURLToPath(new URL('../support/mcp-server-fixture.ts', import.meta.url));

let cli: Cli;
let config: string;

beforeAll(async () => {
  cli = await makeCli();
  config = join(cli.home.root, 'mcp.json');
  const env = { FROM_CONFIG: 'yes', EXPANDED: variable('TO_EXPAND') };
  const fixture = { command: process.execPath, args: [SERVER], env };
  const mcpServers = { fixture, broken: { command: '/no/such/server' } };
  await writeFile(config, JSON.stringify({ mcpServers }), { mode: 0o600 });
});
afterAll(() => cli.remove());

describe('a stdio server from --mcp-config=<file>', () => {
  let run: CliRun;
  let seen: Record<string, string>;

  beforeAll(async () => {
    const tool = 'mcp__fixture__environment';
    run = await cli.run({
      script: [toolUse(tool, {}), text('done')],
      args: [`--mcp-config=${config}`, '--strict-mcp-config', `--allowedTools=${tool}`],
      env: { BATON_SESSION_ID: 'the-session', TO_EXPAND: 'expanded' },
      prompt: 'go',
    });
    seen = JSON.parse(run.requests[1]?.toolResults[0] ?? '{}');
  });

  test('is listed by the init line as connected, or as failed if it did not start', () => {
    expect(run.lines[0]?.['mcp_servers']).toEqual([
      expect.objectContaining({ name: 'fixture', status: 'connected' }),
      expect.objectContaining({ name: 'broken', status: 'failed' }),
    ]);
  });

  test('gets the environment of its config with variables expanded', () => {
    expect(seen).toMatchObject({ FROM_CONFIG: 'yes', EXPANDED: 'expanded' });
  });

  test('gets the environment of the CLI, including the API key', () => {
    expect(seen).toMatchObject({
      BATON_SESSION_ID: 'the-session',
      ANTHROPIC_API_KEY: 'dummy-key-of-the-tests',
    });
  });

  test('does not fail the run if it fails to start', () => {
    expect(run.results[0]).toMatchObject({ is_error: false, result: 'done' });
  });
});

test('the model can read the API key in a Bash call', async () => {
  const script = [toolUse('Bash', { command: 'echo "key=$ANTHROPIC_API_KEY"' }), text('done')];
  const run = await cli.run({ script, args: ['--allowedTools=Bash'], prompt: 'go' });
  expect(run.requests[1]?.toolResults).toEqual(['key=dummy-key-of-the-tests']);
});

test('the CLI does not start with CLAUDE_CODE_SUBPROCESS_ENV_SCRUB=1 and without bubblewrap on PATH', async () => {
  const env = { CLAUDE_CODE_SUBPROCESS_ENV_SCRUB: '1', PATH: '/no/such/folder' };
  const run = await cli.run({ script: [text('x')], prompt: 'go', env });
  expect(run).toMatchObject({ exitCode: 1, stdout: '', requests: [] });
  expect(run.stderr).toContain('bubblewrap is required');
});

describe('with --permission-prompt-tool, the CLI', () => {
  async function asked(command: string): Promise<CliRun> {
    const tool = '--permission-prompt-tool=mcp__fixture__approve';
    const args = [tool, `--mcp-config=${config}`, '--strict-mcp-config'];
    return cli.run({ script: [toolUse('Bash', { command }), text('ok')], args, prompt: 'go' });
  }

  test('runs the calls that the permission tool allows', async () => {
    const run = await asked('touch allowed && echo done');
    expect(run.requests[1]?.toolResults).toEqual(['done']);
    expect(run.results[0]?.['permission_denials']).toEqual([]);
  });

  test('denies a call with the permission tool’s message, and the run is not an error', async () => {
    const run = await asked('touch refuse');
    expect(run.requests[1]?.toolResults).toEqual(['refused by the fixture']);
    expect(run.results[0]).toMatchObject({
      is_error: false,
      permission_denials: [{ tool_name: 'Bash' }],
    });
  });
});

function variable(name: string): string {
  return `\${${name}}`;
}
