// A Baton that `npm start -- --scripted` runs, in a folder that looks like a checkout of the project.
import { readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from '../../../scripts/demo/client.ts';
import { ROOT } from '../markdown/pages.ts';
import { withScriptFolder } from '../script-process.ts';
import { test as base } from '../services.ts';
import { waitFor } from '../wait.ts';
import { installCurl } from './curl.ts';

/** The line that `npm start -- --json` prints. */
type Addresses = { readonly api: string; readonly redis: string; readonly mongodb: string };

/** A running Baton whose folder the snippets run in. */
export type SnippetBaton = Addresses & {
  readonly folder: string;
  /** The environment of a reader's shell. */
  readonly env: Readonly<Record<string, string>>;
  /** Launches a session and resolves with its id once it has completed. */
  readonly completedSession: () => Promise<string>;
};

const NOT_LINKED = ['.git', '.baton', 'dist'];

/** `test` with one Baton for the test file. */
export const test = base.extend<{ $file: { baton: SnippetBaton } }>({
  baton: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
    async ({}, use) => withScriptFolder((scripts) => runBaton(scripts, use)),
    { scope: 'file' },
  ],
});

async function runBaton(
  { folder, run }: Parameters<Parameters<typeof withScriptFolder>[0]>[0],
  use: (baton: SnippetBaton) => Promise<void>,
): Promise<void> {
  const entries = await readdir(ROOT);
  const linked = entries.filter((entry) => !NOT_LINKED.includes(entry));
  for (const entry of linked) await symlink(join(ROOT, entry), join(folder, entry));
  const bin = await installCurl(folder);

  const start = run('start.ts', ['--json', '--scripted'], { PORT: '0' });
  const addresses: Addresses = JSON.parse(await start.firstLine());
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH: `${bin}:${PATH}`, HOME, API: addresses.api };
  const completedSession = () => completeSession(addresses.api);
  await use({ ...addresses, folder, env, completedSession });
  await start.end('SIGTERM');
}

async function completeSession(api: string): Promise<string> {
  const client = createClient(api);
  const { id } = await client.launch({ query: 'Say hello' });
  await waitFor('the session to end', async () => (await client.info(id)).end_time, 60_000);
  return id;
}
