// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the CLI's references, not JavaScript's
// How the CLI expands `$NAME` and `${NAME}` in http hooks, and which settings it does not expand.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type McpHttpServer, startMcpHttpServer } from '../support/mcp-http-server.ts';
import { text, toolUse } from '../support/messages-api/reply.ts';
import { type Cli, makeCli } from './cli.ts';

const ENV = { MARK: 'EXPANDED', LATER: '$MARK', lower: 'low', AWS_ACCESS_KEY_ID: 'an-id-of-aws' };

// A header is expanded once; text that is not a name in capitals stays unchanged.
const HEADERS: [written: string, sent: string][] = [
  ['a$MARK b', 'aEXPANDED b'],
  ['a${MARK}b', 'aEXPANDEDb'],
  ['$$MARK', '$EXPANDED'],
  ['\\$MARK', '\\EXPANDED'],
  ['$LATER', '$MARK'],
  ['[$NOT_ALLOWED]', '[]'],
  ['[${NOT_ALLOWED}]', '[]'],
  ['[$UNSET]', '[]'],
  ['[$Ab]', '[b]'],
  ['[$_]', '[]'],
  ['$lower ${lower}', '$lower ${lower}'],
  ['${MARK:-x} ${MARK-x} ${} $1 a$b $ ', '${MARK:-x} ${MARK-x} ${} $1 a$b $'],
  ['[$ANTHROPIC_API_KEY]', '[]'],
  ['[$AWS_ACCESS_KEY_ID]', '[an-id-of-aws]'],
  ['$FROM_SETTINGS', '${MARK} $MARK'],
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

test('httpHookAllowedEnvVars in the settings narrows the allowedEnvVars of a hook', async () => {
  const before = server.seen.length;
  const hook = {
    type: 'http',
    url: `${server.url}/hook`,
    headers: { 'X-Named': '[$MARK]', 'X-Other': '[$AWS_ACCESS_KEY_ID]' },
    allowedEnvVars: ['MARK', 'AWS_ACCESS_KEY_ID'],
  };
  const settings = {
    httpHookAllowedEnvVars: ['MARK'],
    hooks: { PreToolUse: [{ matcher: '*', hooks: [hook] }] },
  };
  await cli.run({
    script: [toolUse('Bash', { command: 'true' }), text('done')],
    args: [`--settings=${JSON.stringify(settings)}`, '--allowedTools=Bash'],
    env: ENV,
    prompt: 'go',
  });
  expect(server.seen[before]?.headers).toMatchObject({ 'x-named': '[EXPANDED]', 'x-other': '[]' });
});

test('headers of a hook expand the variables in allowedEnvVars, but addresses and settings.env expand no variable', async () => {
  const hook = {
    type: 'http',
    url: `${server.url}/hook?q=$MARK\${MARK}`,
    headers: Object.fromEntries(HEADERS.map(([written], index) => [`X-${index}`, written])),
    allowedEnvVars: [...Object.keys(ENV), 'UNSET', 'A', 'ANTHROPIC_API_KEY', 'FROM_SETTINGS'],
  };
  const settings = {
    env: { FROM_SETTINGS: '${MARK} $MARK' },
    hooks: { PreToolUse: [{ matcher: '*', hooks: [hook] }] },
  };
  const file = join(cli.home.root, 'settings.json');
  await writeFile(file, JSON.stringify(settings));
  const run = await cli.run({
    script: [toolUse('Bash', { command: 'echo "$FROM_SETTINGS"' }), text('done')],
    args: [`--settings=${file}`, '--allowedTools=Bash'],
    env: { ...ENV, NOT_ALLOWED: 'not allowed' },
    prompt: 'say $MARK ${MARK}',
  });
  const seen = server.seen.at(-1);
  expect(seen?.url).toBe('/hook?q=$MARK${MARK}');
  expect(HEADERS.map(([written], index) => [written, seen?.headers[`x-${index}`]])).toEqual(
    HEADERS,
  );
  expect(run.requests[1]?.toolResults).toEqual(['${MARK} $MARK']);
  expect(JSON.stringify(run.requests[0]?.body.messages)).toContain('say $MARK ${MARK}');
});
