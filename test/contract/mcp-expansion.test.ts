// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the CLI's references, not JavaScript's
// How the CLI expands `${NAME}` in MCP servers, and that a worker's file is not expanded.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MCPConfig } from '@baton/core/internal';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mcpFileOf } from '../../apps/worker/src/claude/mcp-file.ts';
import { type McpHttpServer, startMcpHttpServer } from '../support/mcp-http-server.ts';
import { text } from '../support/messages-api/reply.ts';
import { waitFor } from '../support/wait.ts';
import { type Cli, makeCli } from './cli.ts';

const PROGRAM = fileURLToPath(new URL('../support/mcp-server-fixture.ts', import.meta.url));
const ENV = { MARK: 'EXPANDED', lower: 'low', EMPTY: '', TWICE: '${MARK}' };
const QUERY = 'q=${MARK}&r=${ANTHROPIC_API_KEY:-y}';

// The written text, its expansion, and its second expansion if that differs.
const FORMS: [name: string, written: string, once: string, twice?: string][] = [
  ['a reference', 'a${MARK}b', 'aEXPANDEDb'],
  ['two', '${MARK}${lower}', 'EXPANDEDlow'],
  ['lower case', '${lower}', 'low'],
  ['a default that is not needed', '${MARK:-x}', 'EXPANDED'],
  ['a default', '${NOPE:-x y}', 'x y'],
  ['an empty default', '[${NOPE:-}]', '[]'],
  ['an empty variable, which takes no default', '[${EMPTY:-x}]', '[]'],
  ['an unset variable', '${NOPE}', '${NOPE}'],
  ['without braces', '$MARK', '$MARK'],
  ['a backslash, which is no escape', '\\${MARK}', '\\EXPANDED'],
  ['a second dollar, which is none', '$${MARK}', '$EXPANDED'],
  ['nested', '${NOPE:-${MARK}}', '${MARK}', 'EXPANDED'],
  ['a variable that holds a reference', '${TWICE}', '${MARK}', 'EXPANDED'],
  ['a number', '${1}', '${1}'],
  ['a dash', '${A-B}', '${A-B}'],
  ['a dash as of a shell', '${MARK-x}', '${MARK-x}'],
  ['nothing', '${}', '${}'],
  ['blanks', '${ MARK }', '${ MARK }'],
  ['no end', '${MARK', '${MARK'],
  ['a command', '$(id) `id` ~/x %MARK%', '$(id) `id` ~/x %MARK%'],
  ['the credential', '[${ANTHROPIC_API_KEY}]', '[dummy-key-of-the-tests]'],
  ['the credential with a default', '[${ANTHROPIC_API_KEY:-x}]', '[dummy-key-of-the-tests]'],
];

let cli: Cli;
let server: McpHttpServer;

beforeAll(async () => {
  cli = await makeCli();
  server = await startMcpHttpServer();
});
afterAll(async () => {
  server.stop();
  await cli.remove();
});

interface Reached {
  argv: string[];
  env: Record<string, string>;
  headers: string[];
  urls: string[];
}

/** What a program and a remote server receive for every form, from the config that `write` returns. */
async function reached(
  write: (config: MCPConfig) => object,
  type: 'http' | 'sse',
): Promise<Reached> {
  const started = join(cli.home.root, `started-${type}.json`);
  const forms = FORMS.map(([, written]) => written);
  const named = Object.fromEntries(forms.map((written, index) => [`X-Form-${index}`, written]));
  const config: MCPConfig = {
    mcpServers: {
      program: {
        command: process.execPath,
        args: [PROGRAM, ...forms],
        env: { STARTED_FILE: started, ...rename(named) },
      },
      web: {
        type,
        url: `${server.url}/${type}/p?${QUERY}`,
        headers: named,
      },
    },
  };
  const file = join(cli.home.root, 'mcp.json');
  await writeFile(file, JSON.stringify(write(config)), { mode: 0o600 });
  const before = server.seen.length;
  await cli.run({
    // The CLI may ask the model before its servers have started, so the answer waits for them.
    script: async () => {
      await waitFor(
        'both servers to be started',
        () => existsSync(started) && server.seen.length > before,
      );
      return text('done');
    },
    args: [`--mcp-config=${file}`, '--strict-mcp-config'],
    env: ENV,
    prompt: 'go',
  });
  const { argv, env } = JSON.parse(await readFile(started, 'utf8'));
  const seen = server.seen.slice(before);
  return {
    argv,
    env,
    headers: forms.map((_, index) => String(seen[0]?.headers[`x-form-${index}`])),
    urls: [...new Set(seen.map(({ url }) => url))].filter((url) => url.startsWith(`/${type}/`)),
  };
}

describe.each(['http', 'sse'] as const)('an MCP server of type %s and a program', (type) => {
  test('get references expanded: once in arguments, env and address, and twice in headers', async () => {
    const { argv, env, headers, urls } = await reached((config) => config, type);
    FORMS.forEach(([name, , once, twice = once], index) => {
      const remote = name.includes('credential') ? '[]' : twice;
      expect({ name, argv: argv[index], env: env[`X_Form_${index}`] }).toEqual({
        name,
        argv: once,
        env: once,
      });
      expect({ name, header: headers[index] }).toEqual({ name, header: remote });
    });
    expect(urls).toEqual([`/${type}/p?q=EXPANDED&r=`]);
  });

  test('get every value unchanged if a worker wrote the file', async () => {
    const ids = { BATON_SESSION_ID: 'the-session', BATON_RUN_ID: 'the-run' };
    const write = (config: MCPConfig) => mcpFileOf(config, ids, ['ANTHROPIC_API_KEY']);
    const { argv, env, headers, urls } = await reached(write, type);
    const forms = FORMS.map(([, written]) => written);
    expect(argv).toEqual(forms);
    expect(forms.map((_, index) => env[`X_Form_${index}`])).toEqual(forms);
    expect(headers).toEqual(forms);
    expect(urls).toEqual([`/${type}/p?${QUERY}`]);
    expect(env).toMatchObject({ ...ids, ANTHROPIC_API_KEY: '' });
  });
});

test('the CLI expands a variable in a server’s command, except in a file that a worker wrote', async () => {
  const started = join(cli.home.root, 'started-command.json');
  const command = '${NODE}';
  const own = { command, args: [PROGRAM], env: { STARTED_FILE: started } };
  const config: MCPConfig = { mcpServers: { own } };
  const ids = { BATON_SESSION_ID: 's', BATON_RUN_ID: 'r' };
  for (const [written, status] of [
    [config, 'connected'],
    [mcpFileOf(config, ids, []), 'failed'],
  ] as const) {
    const file = join(cli.home.root, 'command.json');
    await writeFile(file, JSON.stringify(written), { mode: 0o600 });
    const run = await cli.run({
      script: [text('done')],
      args: [`--mcp-config=${file}`, '--strict-mcp-config'],
      env: { NODE: process.execPath },
      prompt: 'go',
    });
    expect(run.lines[0]?.['mcp_servers']).toMatchObject([{ name: 'own', status }]);
  }
});

// Replaces dashes, because variable names cannot contain them.
function rename(texts: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, written]) => [name.replaceAll('-', '_'), written]),
  );
}
