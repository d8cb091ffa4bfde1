// Prompts that are slash commands, with the real CLI: a cleared conversation stays empty.
import { describe, expect } from 'vitest';
import type { Fleet } from '../support/fleet.ts';
import { type Reply, text } from '../support/messages-api/reply.ts';
import type { MessagesRequest } from '../support/messages-api/request.ts';
import { testWithModel } from '../support/scripted-fleet.ts';

// The model repeats the prompts that it saw, so the session's result shows the conversation.
function answer({ prompts }: MessagesRequest): Reply {
  const shown = prompts.filter((prompt) => prompt.startsWith('word-'));
  return text(`I was told ${shown.join(' and ')}.`);
}

const test = testWithModel(answer);

async function ended(fleet: Fleet, id: Promise<string>) {
  return fleet.ended(await id);
}

describe('a continue whose prompt is /clear', () => {
  test('starts an empty conversation, and a later continue resumes that conversation', async ({
    scripted,
  }) => {
    const first = await ended(scripted, scripted.launch({ query: 'word-one' }));
    expect(first.result).toMatchObject({ result: 'I was told word-one.' });
    const cleared = await ended(scripted, scripted.continue(first.id, { query: '/clear' }));
    expect(cleared).toMatchObject({
      status: 'completed',
      root_session_id: first.id,
      totals: { cost_usd: 0, num_turns: 0 },
    });
    expect(cleared.claude_session_id).not.toBe(first.id);

    const next = await ended(scripted, scripted.continue(cleared.id, { query: 'word-two' }));
    expect(next).toMatchObject({
      status: 'completed',
      result: { result: 'I was told word-two.' },
      claude_session_id: cleared.claude_session_id,
    });
    expect(next.totals.cost_usd).toBeCloseTo(first.totals.cost_usd, 10);
    // The new conversation keeps nothing of the old conversation.
    const paths = next.transcript.files.map(({ path }) => path);
    expect(paths).toEqual([`${cleared.claude_session_id}.jsonl`]);

    const last = await ended(scripted, scripted.continue(next.id, { query: 'word-three' }));
    expect(last.result).toMatchObject({ result: 'I was told word-two and word-three.' });
    expect(last.totals.cost_usd).toBeCloseTo(first.totals.cost_usd, 10);

    // The old conversation is unchanged and can be continued.
    const branch = await ended(scripted, scripted.continue(first.id, { query: 'word-four' }));
    expect(branch).toMatchObject({
      result: { result: 'I was told word-one and word-four.' },
      claude_session_id: first.id,
    });
  });
});

describe('a prompt that is a slash command', () => {
  test.for(['/help', '/login'])(
    'fails with the CLI’s text if the CLI does not run it: %s',
    async (query, { scripted }) => {
      const session = await ended(scripted, scripted.launch({ query }));
      expect(session).toMatchObject({
        status: 'failed',
        failure: {
          code: 'NO_ANSWER',
          message: expect.stringContaining(`${query} isn't available in this environment.`),
        },
      });
    },
  );

  test('fails if it is /compact without messages, and completes with messages', async ({
    scripted,
  }) => {
    const nothing = await ended(scripted, scripted.launch({ query: '/compact' }));
    expect(nothing).toMatchObject({
      status: 'failed',
      failure: { code: 'NO_ANSWER', message: expect.stringContaining('No messages to compact') },
    });
    const first = await ended(scripted, scripted.launch({ query: 'word-one' }));
    const compacted = await ended(scripted, scripted.continue(first.id, { query: '/compact' }));
    expect(compacted).toMatchObject({ status: 'completed', result: { local_command: 'compact' } });
    expect(compacted.totals.cost_usd).toBeGreaterThan(0);
  });

  test('completes with its text if it is /context', async ({ scripted }) => {
    expect(await ended(scripted, scripted.launch({ query: '/context' }))).toMatchObject({
      status: 'completed',
      result: { result: expect.stringContaining('Context Usage') },
    });
  });

  test('is sent as text if the session has slash_commands off', async ({ scripted, api }) => {
    const config = { query: '/help me, please', slash_commands: false };
    const session = await ended(scripted, scripted.launch(config));
    expect(session).toMatchObject({ status: 'completed', query: '/help me, please' });
    const { body } = api.requests.find(({ sessionId }) => sessionId === session.id) ?? {};
    expect(JSON.stringify(body?.messages)).toContain('"text":" /help me, please"');
  });
});
