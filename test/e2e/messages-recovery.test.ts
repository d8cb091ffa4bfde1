// Messages to sessions whose worker is killed or drained. The conversation that survives has each
// message once.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createProducer, newId, type SessionConfig } from '@baton/core/internal';
import { Redis } from 'ioredis';
import { describe, expect } from 'vitest';
import { sendUntilRead } from '../support/cli-queue.ts';
import { test as base, type Fleet } from '../support/fleet.ts';
import { type MessagesApi, startMessagesApi } from '../support/messages-api/messages-api.ts';
import { hang, type Reply, text, toolUse } from '../support/messages-api/reply.ts';
import type { MessagesRequest } from '../support/messages-api/request.ts';
import { claudeBin } from '../support/real-claude.ts';
import { redisUrl } from '../support/services.ts';
import { waitFor } from '../support/wait.ts';
import type { WorkerProcess } from '../support/worker-process.ts';

const SAID = 'by the way';

/** A scripted model and workers that use it. */
interface Scene {
  fleet: Fleet;
  api: MessagesApi;
  worker(env?: Record<string, string>): Promise<WorkerProcess>;
  /** Makes the model answer messages, which it does not do at first. */
  answerMessages(): void;
}

const test = base.extend<{ scene: Scene }>({
  scene: async ({ fleet: shared }, use) => {
    let isSilent = true;
    function answer({ prompt, prompts, toolResults, body }: MessagesRequest): Reply {
      if (isSilent && JSON.stringify(body.messages).includes(SAID)) return hang();
      const [, file] = /wait (\S+)/.exec(prompts[0] ?? '') ?? [];
      const hasRun = toolResults.length > 0 || prompts.length > 1;
      if (hasRun || file === undefined) return text(`answered ${prompt}`);
      return toolUse('Bash', { command: `until [ -f ${file} ]; do sleep 0.1; done; echo made` });
    }
    const api = await startMessagesApi({ script: answer });
    const fleet = shared.sibling();
    await use({
      fleet,
      api,
      worker: (env) =>
        fleet.worker({
          CLAUDE_BIN: claudeBin(),
          ANTHROPIC_BASE_URL: api.url,
          ANTHROPIC_API_KEY: 'dummy-key-of-the-tests',
          CLAUDE_CODE_MAX_RETRIES: '0',
          DRAIN_TIMEOUT_MS: '0',
          ...env,
        }),
      answerMessages() {
        isSilent = false;
      },
    });
    await api.stop();
  },
});

let count = 0;

type Launch = (config: SessionConfig) => Promise<string>;

/** A session whose tool call runs until `release` is called. */
async function begin({ fleet }: Scene, launch: Launch = fleet.launch) {
  count += 1;
  const gate = join(fleet.root, `recovery-gate-${count}`);
  const id = await launch({ query: `wait ${gate}`, allowed_tools: ['Bash'] });
  await fleet.until(id, 'in its tool call', (session) => session.last_event_seq >= 3);
  return { id, release: () => writeFile(gate, '') };
}

const send = ({ fleet }: Scene, id: string) =>
  fleet.baton.messages.sendMessage(id, { content: `${SAID} ${id}` });

const untilSent = ({ fleet }: Scene, id: string) =>
  fleet.until(id, 'sent its message', ({ pending_messages: [first] = [] }) =>
    Boolean(first?.sent_by),
  );

const untilDelivered = ({ fleet }: Scene, id: string) =>
  fleet.until(id, 'without a pending message', (session) => session.pending_messages?.length === 0);

const untilAsked = ({ api }: Scene, id: string) =>
  waitFor('the model to get the message', () =>
    api.requests.some(
      ({ sessionId, body }) => sessionId === id && JSON.stringify(body.messages).includes(SAID),
    ),
  );

/** Checks that the session's message is in its conversation once, and that its event shows it. */
async function expectOnce({ fleet, api }: Scene, id: string): Promise<void> {
  const session = await fleet.ended(id);
  expect(session).toMatchObject({ status: 'completed' });
  const { messages } = await fleet.baton.messages.listMessages(id);
  expect(messages).toMatchObject([{ status: 'delivered', seq: expect.any(Number) }]);
  const last = api.requests.findLast(({ sessionId }) => sessionId === id);
  expect(JSON.stringify(last?.body.messages).split(SAID).length - 1).toBe(1);
  const isSuperseded = (seq: number) =>
    session.superseded?.some(({ from, to }) => from <= seq && seq <= to) === true;
  const shown = (await fleet.events(id)).filter(
    ({ subtype, seq }) => subtype === 'message' && !isSuperseded(seq),
  );
  expect(shown.map(({ seq }) => seq)).toEqual([messages[0]?.seq]);
}

describe('a message whose worker is killed', () => {
  test('is in the conversation once, wherever it was when the worker died', {
    timeout: 120_000,
  }, async ({ scene }) => {
    const victim = await scene.worker();
    const [accepted, sent, taken, stored] = await Promise.all([
      begin(scene),
      begin(scene),
      begin(scene),
      begin(scene),
    ]);
    // Stored: the transcript that holds the message is committed.
    await send(scene, stored.id);
    await stored.release();
    await untilDelivered(scene, stored.id);
    // Sent: the message waits in the CLI for the end of the tool call.
    await sendUntilRead(scene.fleet, sent.id, () => send(scene, sent.id));
    // Taken: the model has the message, but the worker has saved nothing of it.
    await sendUntilRead(scene.fleet, taken.id, () => send(scene, taken.id));
    victim.signal('SIGSTOP');
    await taken.release();
    await untilAsked(scene, taken.id);
    // Accepted: no worker knows the message.
    await send(scene, accepted.id);
    await victim.kill();
    scene.answerMessages();
    for (const { release } of [accepted, sent]) await release();
    await scene.worker();
    for (const { id } of [accepted, sent, taken, stored]) await expectOnce(scene, id);
  });

  test('is in the conversation once if only its event was saved', { timeout: 120_000 }, async ({
    scene,
  }) => {
    const { fleet } = scene;
    const victim = await scene.worker();
    const { id, release } = await begin(scene);
    await send(scene, id);
    await untilSent(scene, id);
    await release();
    await waitFor('the event of the message', async () =>
      (await fleet.events(id)).some(({ subtype }) => subtype === 'message'),
    );
    await victim.kill();
    scene.answerMessages();
    await scene.worker();
    await expectOnce(scene, id);
  });
});

test('a message is in the conversation once if its worker is drained', {
  timeout: 120_000,
}, async ({ scene }) => {
  const first = await scene.worker();
  const [waiting, taken] = [await begin(scene), await begin(scene)];
  for (const { id } of [waiting, taken]) {
    await send(scene, id);
    await untilSent(scene, id);
  }
  await taken.release();
  await untilAsked(scene, taken.id);
  await first.stop();
  scene.answerMessages();
  await waiting.release();
  await scene.worker();
  for (const { id } of [waiting, taken]) await expectOnce(scene, id);
});

test('a worker learns of a message by its heartbeat if the control channel is lost', async ({
  scene,
}) => {
  const { fleet } = scene;
  scene.answerMessages();
  await scene.worker();
  const { id, release } = await begin(scene);
  // What `sendMessage` does, without its message on the control channel.
  const { messages, messageAcceptance } = fleet.baton.stores;
  const content = `${SAID} ${id}`;
  const message = await messages.insertIfAbsent({
    id: newId(),
    session_id: id,
    root_session_id: id,
    content,
    priority: 'next',
  });
  await messageAcceptance.accept(id, { id: message.id, bytes: content.length });
  await untilSent(scene, id);
  await release();
  await expectOnce(scene, id);
});

test('a message is in the conversation once if Redis loses all its data and the worker is killed', {
  timeout: 120_000,
}, async ({ scene, onTestFinished }) => {
  const { fleet } = scene;
  // A numbered database of its own, so that flushing it does not affect other tests.
  const url = new URL(redisUrl());
  url.pathname = '/12';
  const redis = new Redis(url.href);
  const producer = createProducer({
    connection: url.href,
    prefix: fleet.env['QUEUE_PREFIX'] ?? '',
  });
  onTestFinished(async () => {
    await redis.flushdb();
    redis.disconnect();
    await producer.close();
  });
  const REDIS_URL = url.href;
  const first = await scene.worker({ REDIS_URL });
  const { id, release } = await begin(
    scene,
    async (config) => (await producer.launchSession(config)).id,
  );
  await sendUntilRead(fleet, id, () => send(scene, id));
  await redis.flushdb();
  await first.kill();
  scene.answerMessages();
  await release();
  await scene.worker({ REDIS_URL });
  await expectOnce(scene, id);
});
