// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of the CLI, not of JavaScript
// The values that MCP servers of a session get through a worker, the real CLI and a scripted model.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { startMcpHttpServer } from '../support/mcp-http-server.ts';
import { text } from '../support/messages-api/reply.ts';
import { testWithModel } from '../support/scripted-fleet.ts';
import { waitFor } from '../support/wait.ts';

const PROGRAM = fileURLToPath(new URL('../support/mcp-server-fixture.ts', import.meta.url));

// The prompt names a file that a program writes when it has started. The model answers only then.
const test = testWithModel(async ({ prompt }) => {
  await waitFor('the program to be started', () => existsSync(prompt));
  return text('done');
});

const VALUES = [
  'HOME',
  'PATH',
  'ANTHROPIC_BASE_URL',
  'ANTHROPIC_API_KEY',
  'BATON_RUN',
  'CLAUDE_CONFIG_DIR',
  'OWN',
  'NOT_SET',
].flatMap((name) => [`a$\{${name}}b`, `$\{${name}:-x}`, `$$\{${name}}`, `$${name}`]);
VALUES.push(
  '${NOT_SET:-${ANTHROPIC_API_KEY}}',
  '${NOT_SET:-$}{ANTHROPIC_API_KEY}',
  'p$a${ss',
  '${}',
);

test('an MCP server gets its values unchanged, and no credential of the operator', async ({
  scripted: fleet,
}) => {
  const server = await startMcpHttpServer();
  onTestFinished(server.stop);
  const started = join(fleet.root, 'started.json');
  const named = Object.fromEntries(VALUES.map((value, index) => [`X_${index}`, value]));
  const headers = Object.fromEntries(VALUES.map((value, index) => [`X-${index}`, value]));
  const id = await fleet.launch({
    query: started,
    env: { OWN: 'the value of the caller' },
    mcp_config: {
      mcpServers: {
        program: {
          command: process.execPath,
          args: [PROGRAM, ...VALUES],
          env: { ...named, STARTED_FILE: started },
        },
        web: { type: 'http', url: `${server.url}/mcp?q=${VALUES.join('!')}`, headers },
      },
    },
  });
  expect((await fleet.ended(id)).status).toBe('completed');
  const { argv, env } = JSON.parse(await readFile(started, 'utf8'));
  expect(argv).toEqual(VALUES);
  expect(env).toMatchObject(named);
  // The environment that a program inherits holds no credential, so the program cannot leak a
  // credential.
  expect(env).toMatchObject({ OWN: 'the value of the caller', ANTHROPIC_API_KEY: '' });
  expect(JSON.stringify(env)).not.toContain('dummy-key-of-the-tests');
  expect(server.seen.length).toBeGreaterThan(0);
  for (const { url, headers: sent } of server.seen.filter((one) => one.url.startsWith('/mcp'))) {
    expect(url).toBe(`/mcp?q=${VALUES.join('!')}`);
    expect(VALUES.map((_, index) => sent[`x-${index}`])).toEqual(VALUES);
  }
});
