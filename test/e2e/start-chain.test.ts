// npm start runs as a chain of npm, the bootstrap and start.ts. start.ts starts all other
// processes. If any process of the chain is killed, no process may remain.
import { describe, expect } from 'vitest';
import { createClient } from '../../scripts/demo/client.ts';
import { isAlive } from '../support/alive.ts';
import { startMessagesApi } from '../support/messages-api/messages-api.ts';
import { toolUse } from '../support/messages-api/reply.ts';
import {
  type ChainLink,
  type ProcessEntry,
  pidInChain,
  processTree,
} from '../support/process-tree.ts';
import { test as base, type ScriptFolder } from '../support/script-process.ts';
import { waitFor } from '../support/wait.ts';

interface Started {
  api: string;
  tree: ProcessEntry[];
  kill(link: ChainLink, signal: NodeJS.Signals): void;
}

const test = base.extend<{ start: () => Promise<Started> }>({
  start: async ({ scriptFolder }, use) => {
    const model = await startMessagesApi({
      script: [toolUse('Bash', { command: 'tail -f /dev/null' })],
    });
    await use(async () => {
      const run = await scriptFolder.npmStart(['--json'], {
        PORT: '0',
        ANTHROPIC_BASE_URL: model.url,
        ANTHROPIC_API_KEY: 'dummy-key-of-the-tests',
      });
      const { api } = JSON.parse(await run.firstLine());
      const tree = await processTree(run.child.pid ?? 0);
      return { api, tree, kill: (link, signal) => process.kill(pidInChain(tree, link), signal) };
    });
    await model.stop();
  },
});

async function expectNothingLeft({ tree }: Started, scriptFolder: ScriptFolder): Promise<void> {
  expect(tree.length).toBeGreaterThanOrEqual(8); // npm, bootstrap, start, guardian, two servers, API, workers
  let left: string[] = [];
  const isGone = async () => {
    const alive = tree.filter(({ pid }) => isAlive(pid)).map(({ command }) => command);
    left = [...alive, ...(await scriptFolder.processes())];
    return left.length === 0;
  };
  await waitFor(() => `all to be gone; left are ${left.join('\n')}`, isGone, 30_000);
  expect(await scriptFolder.temporary()).toEqual([]);
}

// test/integration/scripts/npm-chain.test.ts tests every signal for every link of the chain.
describe('npm start ends all its processes', () => {
  test.for([
    ['npm', 'SIGINT'],
    ['program', 'SIGHUP'],
    ['guardian', 'SIGKILL'],
  ] as const)('if %s gets %s', async ([link, signal], { start, scriptFolder }) => {
    const started = await start();
    started.kill(link, signal);
    await expectNothingLeft(started, scriptFolder);
  });

  test.for(['npm', 'bootstrap'] as const)(
    'if %s is killed during a tool call',
    async (link, { start, scriptFolder }) => {
      const started = await start();
      await createClient(started.api).launch({ query: 'wait', allowed_tools: ['Bash'] });
      const isTool = (command: string) => command.startsWith('tail -f /dev/null');
      await waitFor('the tool', async () => (await scriptFolder.processes()).some(isTool), 60_000);
      started.kill(link, 'SIGKILL');
      await expectNothingLeft(started, scriptFolder);
    },
  );
});
