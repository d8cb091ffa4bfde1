// A session with background work must end with the work, not with its first result line.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { text, toolUse } from '../support/messages-api/reply.ts';
import type { MessagesRequest } from '../support/messages-api/request.ts';
import { testWithModel } from '../support/scripted-fleet.ts';
import { waitFor } from '../support/wait.ts';

// The prompt is the path of the file that the background command waits for.
function answer({ prompts, notified, toolResults }: MessagesRequest) {
  if (notified) return text('The work is done.');
  if (toolResults.length > 0) return text('The work has begun.');
  const command = `until [ -f ${prompts[0]} ]; do sleep 0.1; done; echo done > ${prompts[0]}.done`;
  return toolUse('Bash', { command, description: 'work', run_in_background: true });
}

const test = testWithModel(answer);

test('a session waits for a background command beyond the exit timeout, and completes with the outcome of the command', async ({
  scripted: fleet,
}) => {
  const go = join(fleet.root, 'go');
  const exit_ms = 500;
  const id = await fleet.launch({
    query: go,
    allowed_tools: ['Bash'],
    timeouts: { exit_ms },
    recovery: { max_retries: 0 },
  });
  const interim = await waitFor('its interim result', async () =>
    (await fleet.events(id).catch(() => [])).find(({ type }) => type === 'result'),
  );
  expect(interim.raw).toContain('The work has begun.');
  // Twice the exit timeout, measured from the time of the interim event.
  const by = interim.created_at.getTime() + 2 * exit_ms;
  await waitFor('the exit timeout to pass', async () => Date.now() > by);
  expect(await fleet.session(id)).toMatchObject({ status: 'running' });
  await writeFile(go, '');
  expect(await fleet.ended(id)).toMatchObject({
    status: 'completed',
    result: { result: 'The work is done.', num_turns: 3 },
  });
  expect(await readFile(`${go}.done`, 'utf8')).toBe('done\n');
});
