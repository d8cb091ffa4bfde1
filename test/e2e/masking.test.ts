// A session's Bash prints the operator's key: nothing that is stored or published may show it.
import { openWorkerRedis } from '@baton/core/internal';
import { expect, onTestFinished } from 'vitest';
import { test as base, type Fleet } from '../support/fleet.ts';
import { type MessagesApi, startMessagesApi } from '../support/messages-api/messages-api.ts';
import { hang, type Reply, text, toolUse } from '../support/messages-api/reply.ts';
import type { MessagesRequest } from '../support/messages-api/request.ts';
import { claudeBin } from '../support/real-claude.ts';
import { redisUrl } from '../support/services.ts';
import { storedText } from '../support/stored-text.ts';
import { waitFor } from '../support/wait.ts';

const KEY = 'sk-ant-key-of-the-operator-4711';
// A password with characters that JSON escapes.
const PASSWORD = 'pa"ss/wo\\rd of the öperator';
const HIDDEN = '*'.repeat(KEY.length);

const SHOW = [
  'echo "$ANTHROPIC_API_KEY"; echo "$ANTHROPIC_PROXY_PASSWORD" >&2',
  // Nested JSON: a tool's result is a string in JSON.
  'printf \'{"key":"%s"}\\n\' "$ANTHROPIC_API_KEY"',
  'tr "\\0" "\\n" < /proc/$PPID/environ | grep -a ^ANTHROPIC_',
].join('; ');

function answer({ prompt, toolResults }: MessagesRequest): Reply {
  if (prompt.startsWith('wait')) return hang();
  if (!prompt.startsWith('show')) return text('nothing to show');
  if (toolResults.length === 0) return toolUse('Bash', { command: SHOW });
  const seen = [KEY.slice(0, 6), KEY.slice(6, 20), `${KEY.slice(20)}, `, `and ${PASSWORD}.`];
  return text(['It is ', ...seen]);
}

const test = base.extend<{ $file: { api: MessagesApi } }>({
  api: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
    async ({}, use) => {
      const api = await startMessagesApi({ script: answer });
      await use(api);
      await api.stop();
    },
    { scope: 'file' },
  ],
});

function operator(api: MessagesApi): Record<string, string> {
  return {
    CLAUDE_BIN: claudeBin(),
    ANTHROPIC_BASE_URL: api.url,
    ANTHROPIC_API_KEY: KEY,
    ANTHROPIC_PROXY_PASSWORD: PASSWORD,
    CLAUDE_CODE_MAX_RETRIES: '0',
    DRAIN_TIMEOUT_MS: '0',
  };
}

/** Collects every message on this fleet's live channels. */
async function listen({ env }: Fleet): Promise<string[]> {
  const client = openWorkerRedis(redisUrl());
  onTestFinished(() => client.disconnect());
  const received: string[] = [];
  client.on('pmessage', (_pattern: string, _channel: string, message: string) =>
    received.push(message),
  );
  await client.psubscribe(`${env['QUEUE_PREFIX']}:live*`);
  return received;
}

// Also finds secrets that one or two levels of JSON escaped.
function expectNoSecret(where: string): void {
  const plain = where.replaceAll(/\\+/g, '');
  expect(plain).not.toContain(KEY);
  expect(plain).not.toContain(PASSWORD.replaceAll('\\', ''));
}

test('a key that Bash prints is masked in everything that is stored or published, and a continue works', async ({
  fleet,
  api,
}) => {
  const received = await listen(fleet);
  const first = await fleet.worker(operator(api));
  const id = await fleet.launch({
    query: 'show the key',
    allowed_tools: ['Bash'],
    include_partial_messages: true,
  });
  const session = await fleet.ended(id);
  expect(session.result?.result).toMatch(
    new RegExp(`^It is ${HIDDEN.replaceAll('*', '\\*')}, and \\*+\\.$`),
  );
  // The model saw the key, so the session did print it.
  const [result] =
    api.requests.find(({ toolResults }) => toolResults.length > 0)?.toolResults ?? [];
  expect(result).toContain(KEY);
  expect(result).toContain(PASSWORD);

  const deltas = received.flatMap((message) => JSON.parse(message).lines ?? []);
  const grown = deltas.map((line: string) => JSON.parse(line).event?.delta?.text ?? '').join('');
  expect(grown).toBe(session.result?.result);
  expectNoSecret(received.join('\n'));
  expectNoSecret(await storedText(fleet.db));
  expect(await storedText(fleet.db)).toContain(HIDDEN);
  await first.stop();

  await fleet.worker(operator(api));
  const child = await fleet.ended(await fleet.continue(id, { query: 'go on' }));
  expect(child).toMatchObject({ status: 'completed', result: { result: 'nothing to show' } });
  const history = JSON.stringify(api.requests.at(-1)?.body.messages);
  expect(history).toContain('show the key');
  expect(history).toContain(HIDDEN);
  expectNoSecret(history);
  expectNoSecret(await storedText(fleet.db));
});

test('a turn that was cut off resumes from its masked transcript, and its prompt is found there', async ({
  fleet,
  api,
}) => {
  const mine = fleet.sibling();
  const first = await mine.worker(operator(api));
  const query = `wait with ${KEY} and ${PASSWORD}`;
  const id = await mine.launch({ query });
  await waitFor('the call', () => api.requests.some(({ prompt }) => prompt === query));
  await first.stop();
  expect(await mine.session(id)).toMatchObject({ status: 'queued', counts: { hand_backs: 1 } });
  await mine.worker(operator(api));
  expect(await mine.ended(id)).toMatchObject({ status: 'completed' });
  expect(api.requests.at(-1)?.prompt).toBe('Continue from where you left off.');
  const [prompt] = await mine.events(id);
  expect(prompt?.raw).not.toContain(KEY);
});
