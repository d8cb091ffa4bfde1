// Two workers of one session are killed, the second before the session has printed a line.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { test } from '../../../support/fleet.ts';
import { waitFor } from '../../../support/wait.ts';

// A message and an answer that never reach the transcript.
const unsavedLine = {
  line: {
    type: 'assistant',
    uuid: '0197f0a0-7777-7000-8000-000000000001',
    message: { id: 'msg_lost', role: 'assistant', content: [{ type: 'text', text: 'lost' }] },
  },
};

test('an answer that a takeover set aside does not come back when the next worker dies too', {
  timeout: 90_000,
}, async ({ fleet }) => {
  const { root } = fleet;
  const hang = { hang: true };
  const env = { WORKER_CONCURRENCY: '1', LEASE_MS: '2000' };
  const first = await fleet.worker(env);
  const script = [
    { init: false },
    {
      once: join(root, 'first'),
      steps: [{ init: {} }, unsavedLine, { result: { result: 'lost' } }, hang],
      // The second attempt prints nothing.
      else: [{ once: join(root, 'second'), steps: [hang], else: [{ init: {} }, { say: 'again' }] }],
    },
  ];
  const id = await fleet.launch({
    query: 'answer',
    env: { FAKE_CLAUDE_SCRIPT: JSON.stringify(script) },
  });
  await fleet.until(
    id,
    'answered, its prompt saved',
    ({ last_result, transcript }) => last_result !== undefined && transcript.files.length > 0,
  );
  await first.kill();
  const second = await fleet.worker(env);
  await fleet.until(id, 'set aside', ({ superseded }) => superseded !== undefined);
  await waitFor('its process', () => existsSync(join(root, 'second')));
  await second.kill();
  await fleet.worker(env);
  const session = await fleet.ended(id);
  expect(session).toMatchObject({ status: 'completed', result: { result: 'again' } });
  expect(session.attempts).toHaveLength(3);
});
