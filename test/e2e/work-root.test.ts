// Sessions of an npm start inside a git checkout, with the real CLI and the real git.
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { defined } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { createClient } from '../../scripts/demo/client.ts';
import { databaseUrl } from '../support/api.ts';
import { startMessagesApi } from '../support/messages-api/messages-api.ts';
import { text, toolUse } from '../support/messages-api/reply.ts';
import { test as base } from '../support/script-process.ts';
import { redisUrl } from '../support/services.ts';
import { waitFor } from '../support/wait.ts';

const SUBJECT = 'a commit that no session has to know';

interface Look {
  id: string;
  /** The output of Bash. */
  said: string;
  /** All requests to the model. */
  asked: string;
}

async function makeCheckout(folder: string): Promise<void> {
  await mkdir(folder);
  const git = (...args: string[]) =>
    promisify(execFile)('git', args, { cwd: folder, env: { PATH: process.env['PATH'] } });
  await git('init', '--quiet');
  await writeFile(join(folder, 'file'), '');
  await git('add', 'file');
  const author = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org'];
  await git(...author, 'commit', '--quiet', '--message', SUBJECT);
}

const test = base.extend<{ look: (workRoot?: string) => Promise<Look> }>({
  look: async ({ scriptFolder, databaseName, queuePrefix }, use) => {
    const checkout = join(scriptFolder.folder, 'checkout');
    await makeCheckout(checkout);
    const model = await startMessagesApi({
      script: [toolUse('Bash', { command: 'pwd; git rev-parse --show-toplevel' }), text('Done.')],
    });
    await use(async (workRoot) => {
      const settings = {
        PORT: '0',
        REDIS_URL: redisUrl(),
        MONGODB_URL: databaseUrl(databaseName),
        QUEUE_PREFIX: queuePrefix,
        ANTHROPIC_BASE_URL: model.url,
        ANTHROPIC_API_KEY: 'dummy-key-of-the-tests',
        ...defined({ WORK_ROOT: workRoot ? join(checkout, workRoot) : undefined }),
      };
      const run = scriptFolder.run('start.ts', ['--json'], settings, checkout);
      const client = createClient(JSON.parse(await run.firstLine()).api);
      const { id } = await client.launch({ query: 'look around', allowed_tools: ['Bash'] });
      const isOver = async () => (await client.info(id)).end_time !== undefined;
      await waitFor('the session', isOver, 60_000);
      expect(await run.end('SIGTERM')).toBe(0);
      const said = model.requests.at(-1)?.toolResults.join('\n') ?? '';
      return { id, said, asked: JSON.stringify(model.requests.map(({ body }) => body)) };
    });
    await model.stop();
  },
});

describe('a session of npm start in a checkout', () => {
  test('works outside the checkout by default, and its model sees no commit of the checkout', async ({
    look,
    scriptFolder,
  }) => {
    const { id, said, asked } = await look();
    expect(said).toContain(join(scriptFolder.folder, 'state/baton/work', id));
    expect(said).toContain('not a git repository');
    expect(asked).not.toContain(SUBJECT);
  });

  test('finds no git repository although WORK_ROOT is inside the checkout', async ({
    look,
    scriptFolder,
  }) => {
    const { id, said } = await look('below/work');
    expect(said).toContain(join(scriptFolder.folder, 'checkout/below/work', id));
    expect(said).toContain('not a git repository');
  });
});
