// After a compaction the CLI appends old entries to the transcript again, with their old ids. They belong
// to the parent: if the worker dies in that run, they add no events, turns or tokens to the continue.
import { join } from 'node:path';
import { expect } from 'vitest';
import { test } from '../../../support/fleet.ts';
import { transcriptOf } from '../../../support/transcript-of.ts';
import { waitFor } from '../../../support/wait.ts';

const entry = (uuid: string, id: string, text: string) =>
  JSON.stringify({
    type: 'assistant',
    uuid,
    isSidechain: false,
    message: {
      id,
      role: 'assistant',
      model: 'claude-fake-1',
      content: [{ type: 'text', text }],
      usage: { input_tokens: 1_000, output_tokens: 1 },
    },
  });

test('old entries that a compaction appended again do not count for the session', {
  timeout: 90_000,
}, async ({ fleet }) => {
  const first = await fleet.worker({ LEASE_MS: '5000' });
  const root = await fleet.launch({ query: 'again' });
  const parent = await fleet.ended(root);
  const between = await fleet.continue(root, { query: 'and more' });
  const middle = await fleet.ended(between);
  const entries = (await transcriptOf(fleet, parent)).trimEnd().split('\n');
  const messages = entries.filter((line) => /"type":"(user|assistant)"/.test(line));
  expect(messages).toHaveLength(2);

  const own = entry('0197f0a0-7777-7000-8000-0000000000aa', 'msg_own', 'untold');
  const once = join(fleet.root, 'compacted.once');
  const appended = [...messages, own, ''].join('\n');
  const id = await fleet.continue(middle.id, {
    query: 'again',
    env: {
      FAKE_CLAUDE_SCRIPT: JSON.stringify([
        {
          once,
          steps: [{ say: 'one' }, { transcript: appended }, { hang: true }],
          else: [{ say: 'went on' }],
        },
      ]),
    },
  });
  await fleet.until(id, 'running', ({ status }) => status === 'running');
  await waitFor('its transcript', async () => {
    const session = await fleet.session(id);
    const main = session.transcript.files.find(({ length, base }) => length > base);
    // The session's own prompt and answer are shorter than the appended entries.
    return main !== undefined && main.length - main.base > Buffer.byteLength(appended);
  });
  // One message has an event, and one message has no event. The messages of the ancestors do not
  // count.
  expect((await fleet.session(id)).totals).toMatchObject({
    num_turns: 2,
    input_tokens: 10 + 1_000,
  });
  await first.kill();
  await fleet.worker({ LEASE_MS: '5000' });
  const session = await fleet.ended(id);
  expect(session).toMatchObject({ status: 'completed', result: { result: 'went on' } });
  // The fake's modelUsage does not grow over a conversation, so its last turn adds no tokens.
  expect(session.totals).toMatchObject({ num_turns: 3, input_tokens: 10 + 1_000 });
  const said = (await fleet.events(id)).filter(({ type }) => type === 'assistant');
  expect(said.map(({ raw }) => JSON.parse(raw).message.content[0].text)).toEqual([
    'one',
    'untold',
    'went on',
  ]);
});
