import { expect, test } from 'vitest';
import { createPartials } from '../../../../apps/worker/src/attempt/partials.ts';
import { untilPasses } from '../../../support/wait.ts';

const SESSION = { id: 'child', root_session_id: 'root' };

/** Creates a `Partials`, and records the messages that it publishes. */
function listen() {
  const received: { conversation: string; id: string; attempt: number; lines: string[] }[] = [];
  const live = {
    partials: (conversation: string, rest: { id: string; attempt: number; lines: string[] }) =>
      void received.push({ conversation, ...rest }),
  };
  return { received, partials: createPartials(live, SESSION, 2) };
}

test('lines that are added together are published together, in order', async () => {
  const { received, partials } = listen();
  for (const line of ['a', 'b', 'c']) partials.add(line);
  expect(received).toEqual([]);
  await untilPasses(() =>
    expect(received).toEqual([
      { conversation: 'root', id: 'child', attempt: 2, lines: ['a', 'b', 'c'] },
    ]),
  );
});

test('many lines are published in small groups, each once', async () => {
  const { received, partials } = listen();
  const lines = Array.from({ length: 200 }, (_, index) => String(index));
  for (const line of lines) partials.add(line);
  await untilPasses(() => expect(received.flatMap((one) => one.lines)).toEqual(lines));
  for (const one of received) expect(one.lines.length).toBeLessThanOrEqual(64);
});

test('a line that is too long for a partial message is not published', async () => {
  const { received, partials } = listen();
  partials.add('x'.repeat(100_000));
  partials.add('short');
  await untilPasses(() => expect(received.flatMap((one) => one.lines)).toEqual(['short']));
});
