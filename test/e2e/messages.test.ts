// Messages into running sessions: workers as processes, the real CLI, and a scripted Messages API.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MessageView, Session } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { sendUntilRead } from '../support/cli-queue.ts';
import type { Fleet } from '../support/fleet.ts';
import { type Reply, text, toolUse } from '../support/messages-api/reply.ts';
import type { MessagesRequest } from '../support/messages-api/request.ts';
import { testWithModel } from '../support/scripted-fleet.ts';
import { waitFor } from '../support/wait.ts';

// A prompt `wait FILE` makes one tool call, which runs until the file exists.
function answer({ prompt, toolResults }: MessagesRequest): Reply {
  const [, file] = /^wait (\S+)/.exec(prompt) ?? [];
  if (file !== undefined && toolResults.length === 0) {
    return toolUse('Bash', { command: `until [ -f ${file} ]; do sleep 0.1; done; echo made` });
  }
  return text(`answered ${prompt}`);
}

const test = testWithModel(answer);

let count = 0;

/** A running session whose tool call ends when `release` is called. */
async function begin(fleet: Fleet) {
  count += 1;
  const gate = join(fleet.root, `gate-${count}`);
  const id = await fleet.launch({ query: `wait ${gate}`, allowed_tools: ['Bash'] });
  await fleet.until(id, 'in its tool call', (session) => session.last_event_seq >= 3);
  return { id, release: () => writeFile(gate, '') };
}

type Priority = 'next' | 'later' | 'now';
const send = (fleet: Fleet, id: string, content: string, priority: Priority = 'next') =>
  fleet.baton.messages.sendMessage(id, { content, priority });

async function listOf(fleet: Fleet, id: string): Promise<MessageView[]> {
  return (await fleet.baton.messages.listMessages(id)).messages;
}

/** Waits until a worker has written the message to the CLI. */
const untilSent = (fleet: Fleet, id: string, message: string) =>
  fleet.until(id, 'sent the message', ({ pending_messages = [] }: Session) =>
    pending_messages.some((one) => one.id === message && one.sent_by !== undefined),
  );

/** The requests to the model that belong to this session and hold the text. */
const requestsWith = (requests: MessagesRequest[], id: string, said: string) =>
  requests.filter(
    ({ sessionId, body }) => sessionId === id && JSON.stringify(body.messages).includes(said),
  );

describe('a message to a running session', () => {
  test.concurrent('goes to the model with the result of the running tool', async ({
    scripted,
    api,
  }) => {
    const { id, release } = await begin(scripted);
    const sent = await sendUntilRead(scripted, id, () => send(scripted, id, 'use tabs'));
    expect(sent).toMatchObject({ status: 'queued', session_id: id });
    await release();
    const session = await scripted.ended(id);
    expect(session).toMatchObject({ status: 'completed', attempts: [{ outcome: 'completed' }] });
    const [first] = requestsWith(api.requests, id, 'use tabs');
    expect(first?.toolResults).toEqual(['made']);
    const [message] = await listOf(scripted, id);
    expect(message).toMatchObject({ id: sent.id, status: 'delivered', content: 'use tabs' });
    const shown = (await scripted.events(id)).find(({ seq }) => seq === message?.seq);
    expect(shown).toMatchObject({ type: 'user', subtype: 'message' });
    expect(JSON.parse(shown?.raw ?? '{}')).toMatchObject({ uuid: sent.id });
  });

  test.concurrent('waits for the end of the turn with the priority later', async ({
    scripted,
    api,
  }) => {
    const { id, release } = await begin(scripted);
    await send(scripted, id, 'and then rest', 'later');
    await release();
    const session = await scripted.ended(id);
    expect(session).toMatchObject({
      status: 'completed',
      result: { result: 'answered and then rest', num_turns: 3 },
      totals: { num_turns: 3 },
    });
    const [first] = requestsWith(api.requests, id, 'and then rest');
    expect(first?.toolResults).toEqual([]);
    expect(await listOf(scripted, id)).toMatchObject([{ status: 'delivered' }]);
  });

  test.concurrent('ends the turn first with the priority now', async ({ scripted }) => {
    const { id, release } = await begin(scripted);
    const { id: message } = await send(scripted, id, 'stop that', 'now');
    await untilSent(scripted, id, message);
    await release();
    const session = await scripted.ended(id);
    expect(session).toMatchObject({
      status: 'completed',
      result: { result: 'answered stop that' },
    });
    expect(await listOf(scripted, id)).toMatchObject([{ status: 'delivered' }]);
  });

  test.concurrent('is delivered once each, also if several wait together', async ({ scripted }) => {
    const { id, release } = await begin(scripted);
    const texts = ['first', 'second', 'third'];
    for (const said of texts) await send(scripted, id, `${said} thing`, 'later');
    await release();
    expect(await scripted.ended(id)).toMatchObject({ status: 'completed' });
    const messages = await listOf(scripted, id);
    expect(messages.map(({ status }) => status)).toEqual(texts.map(() => 'delivered'));
    expect(new Set(messages.map(({ seq }) => seq)).size).toBe(3);
  });

  test.concurrent('is undelivered after an interrupt, and the session completes', async ({
    scripted,
  }) => {
    const { id } = await begin(scripted);
    const { id: message } = await send(scripted, id, 'too late');
    await untilSent(scripted, id, message);
    await scripted.baton.stop.interruptSession(id);
    const session = await scripted.ended(id);
    expect(session).toMatchObject({ status: 'completed', stopped_by: 'interrupt' });
    expect(await listOf(scripted, id)).toMatchObject([{ status: 'undelivered' }]);
  });

  test.concurrent('that comes while the session still waits in the queue is delivered', async ({
    scripted,
    api,
  }) => {
    const id = await scripted.launch({ query: 'hello' }, { delay_ms: 2_000 });
    const { id: message } = await send(scripted, id, 'one more thing');
    expect(await listOf(scripted, id)).toMatchObject([{ id: message, status: 'queued' }]);
    expect(await scripted.ended(id)).toMatchObject({ status: 'completed' });
    expect(await listOf(scripted, id)).toMatchObject([{ status: 'delivered' }]);
    expect(requestsWith(api.requests, id, 'one more thing')).not.toEqual([]);
  });

  test.concurrent('with the priority later can be taken back while the first turn runs', async ({
    scripted,
    api,
  }) => {
    count += 1;
    const gate = join(scripted.root, `gate-${count}`);
    const query = `wait ${gate}`;
    const id = await scripted.launch({ query, allowed_tools: ['Bash'] }, { delay_ms: 1_000 });
    const { id: message } = await send(scripted, id, 'no need', 'later');
    await scripted.until(id, 'in its tool call', (session) => session.last_event_seq >= 3);
    const cancelled = await scripted.baton.messages.cancelMessage(id, message);
    expect(cancelled).toMatchObject({ status: 'cancelled' });
    await writeFile(gate, '');
    expect(await scripted.ended(id)).toMatchObject({ status: 'completed' });
    expect(requestsWith(api.requests, id, 'no need')).toEqual([]);
  });

  test.concurrent('can be taken back before it is sent', async ({ scripted, api }) => {
    const id = await scripted.launch({ query: 'hello' }, { delay_ms: 2_000 });
    const { id: message } = await send(scripted, id, 'never mind');
    const cancelled = await scripted.baton.messages.cancelMessage(id, message);
    expect(cancelled).toMatchObject({ status: 'cancelled' });
    expect(await scripted.ended(id)).toMatchObject({ status: 'completed' });
    expect(requestsWith(api.requests, id, 'never mind')).toEqual([]);
  });

  test.concurrent('uses the turns of the session, and is undelivered if none is left', async ({
    scripted,
  }) => {
    count += 1;
    const gate = join(scripted.root, `gate-${count}`);
    const id = await scripted.launch({
      query: `wait ${gate}`,
      allowed_tools: ['Bash'],
      max_turns: 2,
    });
    await scripted.until(id, 'in its tool call', (session) => session.last_event_seq >= 3);
    const { id: message } = await send(scripted, id, 'one turn more', 'later');
    await writeFile(gate, '');
    expect(await scripted.ended(id)).toMatchObject({
      status: 'completed',
      totals: { num_turns: 2 },
    });
    expect(await listOf(scripted, id)).toMatchObject([{ status: 'undelivered' }]);
    expect(await scripted.baton.manager.getSession(id)).toMatchObject({
      pending_messages: [{ id: message }],
    });
  });

  test.concurrent('fails the session with MAX_TURNS if its turn exceeds the limit', async ({
    scripted,
  }) => {
    count += 1;
    const gates = [1, 2].map((turn) => join(scripted.root, `gate-${count}-${turn}`));
    const id = await scripted.launch({
      query: `wait ${gates[0]}`,
      allowed_tools: ['Bash'],
      max_turns: 3,
    });
    await scripted.until(id, 'in its tool call', (session) => session.last_event_seq >= 3);
    await send(scripted, id, `wait ${gates[1]}`, 'later');
    for (const gate of gates) await writeFile(gate ?? '', '');
    const session = await scripted.ended(id);
    expect(session).toMatchObject({ status: 'failed', failure: { code: 'MAX_TURNS' } });
    expect(await listOf(scripted, id)).toMatchObject([{ status: 'delivered' }]);
  });

  test.concurrent('with the priority later can be taken back until the turn is over', async ({
    scripted,
    api,
  }) => {
    const { id, release } = await begin(scripted);
    const { id: message } = await send(scripted, id, 'on second thought', 'later');
    const cancelled = await scripted.baton.messages.cancelMessage(id, message);
    expect(cancelled).toMatchObject({ status: 'cancelled' });
    await release();
    expect(await scripted.ended(id)).toMatchObject({ status: 'completed' });
    expect(requestsWith(api.requests, id, 'on second thought')).toEqual([]);
  });

  test.concurrent('is text, even if it begins with a slash', async ({ scripted, api }) => {
    const { id, release } = await begin(scripted);
    await send(scripted, id, '/clear', 'later');
    await release();
    expect(await scripted.ended(id)).toMatchObject({
      status: 'completed',
      result: { result: expect.stringContaining('/clear') },
    });
    expect(requestsWith(api.requests, id, '/clear')).not.toEqual([]);
  });
});

test('a message that comes between the last result and the end of the process begins another turn', async ({
  scripted,
  api,
}) => {
  const id = await scripted.launch({ query: 'hello' });
  const isAnswered = () => requestsWith(api.requests, id, 'hello').length > 0;
  await waitFor('the request', isAnswered);
  const accepted: string[] = [];
  for (;;) {
    try {
      accepted.push((await send(scripted, id, `again ${accepted.length}`)).id);
    } catch (error) {
      expect(error).toMatchObject({ code: 'SESSION_TERMINAL' });
      break;
    }
    if (accepted.length === 20) break;
  }
  expect(await scripted.ended(id)).toMatchObject({ status: 'completed' });
  const messages = await listOf(scripted, id);
  expect(messages.map(({ id: message, status }) => [message, status])).toEqual(
    accepted.map((message) => [message, 'delivered']),
  );
});
