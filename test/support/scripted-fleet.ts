// A worker with the real CLI and a scripted model.
import type { Fleet } from './fleet.ts';
import { test as base } from './fleet.ts';
import { type MessagesApi, startMessagesApi } from './messages-api/messages-api.ts';
import type { Script } from './messages-api/script.ts';
import { claudeBin } from './real-claude.ts';

/** Returns `test` with a scripted Messages API and one worker whose real CLI uses it, for the test file. */
export function testWithModel(script: Script) {
  return base.extend<{ $file: { api: MessagesApi; scripted: Fleet } }>({
    api: [
      // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
      async ({}, use) => {
        const api = await startMessagesApi({ script });
        await use(api);
        await api.stop();
      },
      { scope: 'file' },
    ],
    scripted: [
      async ({ fleet, api }, use) => {
        await fleet.worker({
          CLAUDE_BIN: claudeBin(),
          ANTHROPIC_BASE_URL: api.url,
          ANTHROPIC_API_KEY: 'dummy-key-of-the-tests',
          CLAUDE_CODE_MAX_RETRIES: '0',
        });
        await use(fleet);
      },
      { scope: 'file' },
    ],
  });
}

/** Returns the first init line of a session, parsed, or an empty object if there is none. */
export async function initOf(fleet: Fleet, id: string): Promise<Record<string, unknown>> {
  const event = (await fleet.events(id)).find(({ subtype }) => subtype === 'init');
  return JSON.parse(event?.raw ?? '{}');
}
