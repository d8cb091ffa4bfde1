// include_partial_messages: the parts of a growing answer are streamed and not stored.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { openApi } from '../../../support/api.ts';
import { type Fleet, test } from '../../../support/fleet.ts';
import { openListeners } from '../../../support/live-listeners.ts';
import { openStream, type SseMessage, type SseReader } from '../../../support/sse.ts';
import { untilPasses } from '../../../support/wait.ts';

test.beforeAll(({ fleet }) => fleet.worker().then(() => undefined));

function delta(text: string) {
  const event = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } };
  return { type: 'stream_event', event };
}

async function openApiOf({ env }: Fleet): Promise<string> {
  const api = await openApi({
    redis: env['REDIS_URL'] ?? '',
    mongodb: env['MONGODB_URL'] ?? '',
    prefix: env['QUEUE_PREFIX'] ?? '',
  });
  onTestFinished(api.close);
  return api.app.listen({ host: '127.0.0.1', port: 0 });
}

/** Opens an event stream that has sent the events up to `upTo` and now listens to the live channel. */
async function follow(fleet: Fleet, url: string, id: string, upTo: number): Promise<SseReader> {
  const reader = await openStream(`${url}/v1/sessions/${id}/events`);
  onTestFinished(() => reader.close());
  await reader.all((message) => message.id === String(upTo));
  const listeners = openListeners(fleet.env['QUEUE_PREFIX'] ?? '');
  onTestFinished(listeners.close);
  await untilPasses(async () => expect(await listeners.to(id)).toBe(1));
  return reader;
}

const textOf = ({ data }: SseMessage) => JSON.parse(data.raw).event.delta.text;

test('an answer is streamed while it grows, and stored once when it is complete', async ({
  fleet,
}) => {
  const url = await openApiOf(fleet);
  const [go, end] = [join(fleet.root, 'partials.go'), join(fleet.root, 'partials.end')];
  const id = await fleet.play(
    [
      { wait_for: go },
      { line: delta('it ') },
      { line: delta('grows') },
      { wait_for: end },
      { say: 'it grows' },
    ],
    { include_partial_messages: true },
  );
  const { last_event_seq: begun } = await fleet.until(
    id,
    'running',
    ({ status, last_event_seq }) => status === 'running' && last_event_seq >= 2,
  );
  const reader = await follow(fleet, url, id, begun);
  await writeFile(go, '');
  const growing = await reader.all((message) => textOf(message) === 'grows');
  expect(growing.map(textOf)).toEqual(['it ', 'grows']);
  for (const { event, id: seq, data } of growing) {
    expect([event, seq, data.session_id, data.attempt]).toEqual(['partial', undefined, id, 1]);
  }
  await writeFile(end, '');
  const rest = await reader.all();
  expect(rest.map(({ event, id: seq }) => [event, seq])).toEqual([
    ['assistant', String(begun + 1)],
    ['result', String(begun + 2)],
    ['end', undefined],
  ]);
  const stored = await fleet.events(id);
  expect(stored.map(({ seq }) => seq)).toEqual([...Array(begun + 2).keys()].map((n) => n + 1));
  expect(stored.map(({ type }) => type)).not.toContain('stream_event');
});

test('a session that only prints partial messages does not count as idle', async ({ fleet }) => {
  const steps = Array.from({ length: 8 }, () => [{ line: delta('.') }, { sleep: 250 }]).flat();
  const id = await fleet.play([...steps, { say: 'done' }], {
    include_partial_messages: true,
    timeouts: { idle_ms: 1_500 },
  });
  expect(await fleet.ended(id)).toMatchObject({ status: 'completed', result: { result: 'done' } });
});

test('a worker publishes each change of a session’s status as it happens', async ({ fleet }) => {
  const url = await openApiOf(fleet);
  const reader = await openStream(`${url}/v1/events?tag=told`);
  onTestFinished(() => reader.close());
  expect(await reader.next()).toMatchObject({ event: 'live' });
  const marker = join(fleet.root, 'told.once');
  const id = await fleet.launch(
    {
      query: `#fake ${JSON.stringify([{ once: marker, steps: [{ api_error: 529 }], else: [{ say: 'ok' }] }])}`,
    },
    { tags: ['told'] },
  );
  const received = await reader.all(({ data }) => data.status === 'completed');
  expect(received.map(({ data }) => [data.id, data.status])).toEqual(
    ['queued', 'starting', 'running', 'queued', 'starting', 'running', 'completed'].map(
      (status) => [id, status],
    ),
  );
  await untilPasses(async () => expect((await fleet.session(id)).counts.retries).toBe(1));
});
