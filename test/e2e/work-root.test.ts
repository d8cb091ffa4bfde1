// Sessions of npm start, begun inside a git checkout as Baton's own is, with the real CLI and the real git.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import { createClient } from '../../scripts/demo/client.ts';
import { databaseUrl } from '../support/api.ts';
import { startMessagesApi } from '../support/messages-api/messages-api.ts';
import { text, toolUse } from '../support/messages-api/reply.ts';
import { test } from '../support/script-process.ts';
import { redisUrl } from '../support/services.ts';
import { waitFor } from '../support/wait.ts';

const SUBJECT = 'a commit that no session has to know';

async function makeCheckout(folder: string): Promise<void> {
  const git = (...args: string[]) =>
    promisify(execFile)('git', args, { cwd: folder, env: { PATH: process.env['PATH'] } });
  await git('init', '--quiet');
  await writeFile(join(folder, 'file'), '');
  await git('add', 'file');
  const author = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org'];
  await git(...author, 'commit', '--quiet', '--message', SUBJECT);
}

describe('a session of npm start in a checkout', () => {
  test.for([
    ['by default', undefined],
    ['with a WORK_ROOT inside it', 'below/work'],
  ] as const)(
    '%s works in no repository, and its model sees no commit',
    async ([, workRoot], { desk, databaseName, queuePrefix }) => {
      await makeCheckout(desk.folder);
      const model = await startMessagesApi({
        script: [toolUse('Bash', { command: 'pwd; git rev-parse --show-toplevel' }), text('Done.')],
      });
      const run = desk.run('start.ts', ['--json'], {
        PORT: '0',
        REDIS_URL: redisUrl(),
        MONGODB_URL: databaseUrl(databaseName),
        QUEUE_PREFIX: queuePrefix,
        ANTHROPIC_BASE_URL: model.url,
        ANTHROPIC_API_KEY: 'dummy-key-of-the-tests',
        ...(workRoot && { WORK_ROOT: join(desk.folder, workRoot) }),
      });
      const client = createClient(JSON.parse(await run.firstLine()).api);
      const { id } = await client.launch({ query: 'look around', allowed_tools: ['Bash'] });
      await waitFor('the session', async () => (await client.info(id)).status === 'completed');

      const asked = JSON.stringify(model.requests.map(({ body }) => body));
      const answers = model.requests.at(-1)?.toolResults.join('\n');
      expect(answers).toContain(join(desk.folder, workRoot ?? 'state/baton/work', id));
      expect(answers).toContain('not a git repository');
      expect(asked).not.toContain(SUBJECT);
      expect(await run.end('SIGTERM')).toBe(0);
      await model.stop();
    },
  );
});
