// A session of the real CLI that begins from a repository, loses its host, and pushes its work from another host.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { generateOpeningKey, publicPart, type Session } from '@baton/core/internal';
import { CONTINUATION_PROMPT } from '../../apps/worker/src/attempt/resume-or-restart.ts';
import { type BatonClient, createClient } from '../../packages/client/src/index.ts';
import { listening, runApi } from './api-process.ts';
import type { Fleet } from './fleet.ts';
import { type GitServer, gitServerSettings } from './git-server/git-server.ts';
import type { BareRepository } from './git-server/repositories.ts';
import { text, toolUse } from './messages-api/reply.ts';
import type { MessagesRequest } from './messages-api/request.ts';
import { processesThatShow } from './stored-text.ts';
import { commandsIn, type Travelling } from './travelling.ts';
import type { TreeSnapshot } from './tree-snapshot.ts';
import { waitFor } from './wait.ts';

/** The branch to which the session pushes. */
export const BRANCH = 'baton/work';

/** The text of the uploaded file. */
export const PLAN = 'Change a.txt.\n';

/** What the setup command adds to an ignored file each time it runs. */
export const SET_UP = 'set up\n';

const USERNAME = 'x-access-token';

/** What happened, and what it left. */
export interface RepositoryStory {
  client: BatonClient;
  repository: BareRepository;
  url: string;
  /** The commit with which the session began. */
  base: string;
  /** The session at its end. */
  ended: Session;
  /** The directory on host b when the session continued there, and at its end. */
  found: TreeSnapshot;
  left: TreeSnapshot;
  /** What the session's Bash printed on host b. */
  said: string;
  /** How often git asked the server while it was away. */
  askedInVain: number;
  /** The files that git's hook saw pushed: a line with the old commit, the new one and the ref for each. */
  pushes: string;
  /** The secrets in all their spellings. */
  secrets: readonly string[];
  /** The processes that showed a secret at a request to the server. */
  shownBy: readonly string[];
  /** The requests that the server got with the right password. */
  authorized: number;
  /** What the session's Bash saw on host a of processes, its environment and git's configuration. */
  seen: string;
  /** What the API and the workers logged. */
  logs: string;
  stop(): Promise<void>;
}

/** Plays the story with hosts a and b. Call `stop` at the end. */
export async function playRepositoryStory(
  travelling: Travelling,
  fleet: Fleet,
  git: GitServer,
): Promise<RepositoryStory> {
  const { hosts } = travelling;
  const password = `the-password-${randomBytes(12).toString('hex')}`;
  const basic = Buffer.from(`${USERNAME}:${password}`).toString('base64');
  const secrets = [password, basic];
  const door = watchDoor(git, secrets, `Basic ${basic}`);
  git.https.setUser({ username: USERNAME, password });
  const { repository, base } = await createRepository(git);
  const url = git.httpsUrl('shop');

  const key = await generateOpeningKey();
  const publicKeys = join(fleet.root, 'public.jwks');
  await writeFile(publicKeys, JSON.stringify({ keys: [publicPart(key)] }));
  const api = runApi({
    ...fleet.env,
    AUTH: 'none',
    HOST: '127.0.0.1',
    PORT: '0',
    CAPTURE_CACHE_DIR: join(fleet.root, 'captures'),
    SECRETS_PUBLIC_KEYS: publicKeys,
    GIT_ALLOWED_ADDRESSES: gitServerSettings(git)['GIT_ALLOWED_ADDRESSES'] ?? '',
  });
  const client = createClient({ baseUrl: await listening(api) });

  /** Starts a worker. The keys and the authority of the server lie on the host's own disk. */
  async function startWorker(host: string) {
    const onDisk = (name: string) => join(hosts.disk, 'tmp', name);
    const put = (name: string, content: string) =>
      writeFile(hosts.get(host).pathOf(onDisk(name)), content);
    await put('private.jwks', JSON.stringify({ keys: [key] }));
    await put('ca.pem', await readFile(git.caFile, 'utf8'));
    return travelling.worker(fleet, host, {
      ...gitServerSettings(git),
      GIT_CA_FILE: onDisk('ca.pem'),
      SECRETS_PRIVATE_KEYS: onDisk('private.jwks'),
      RETRY_FIRST_MS: '1',
    });
  }

  const a = await startWorker('a');
  const agent = playAgent(travelling);
  const file = await client.files.upload(PLAN, { name: 'plan.txt' });
  const { id } = await client.launch({
    query: agent.query,
    allowed_tools: ['Bash'],
    workspace: {
      type: 'git',
      url,
      credentials: { password },
      setup: [`printf '${SET_UP.trim()}\\n' >> built`],
      push: { branch: BRANCH },
    },
    files: [{ file_id: file.id, path: 'notes/plan.txt' }],
    recovery: { max_retries: 10 },
  });
  await waitFor('a capture of the first edit', async () =>
    (await client.patch(id).catch(() => '')).includes('+changed\n'),
  );
  agent.cut();
  const host = hosts.get('a');
  const half = travelling.onDisk('a', await fleet.session(id), 'cut.txt');
  await waitFor('the second edit', () => existsSync(half));
  const seen = await readFile(host.pathOf(agent.seen), 'utf8');

  door.close();
  await repository.commit({ 'other.txt': 'other\n' }, { isOrphan: true });
  await host.crash();
  await host.wipe();
  const b = await startWorker('b');
  const session = await agent.resumed.then(() => fleet.session(id));
  const found = await travelling.snapshot('b', session);
  agent.finish();
  await fleet.until(id, 'retried', ({ counts }) => counts.retries > 0);
  const askedInVain = door.refused();
  door.open();
  const ended = await fleet.ended(id);
  if (ended.status !== 'completed') {
    throw new Error(`expected a completed session, got ${JSON.stringify(ended.failure)}`);
  }
  return {
    client,
    repository,
    url,
    base,
    ended,
    found,
    left: await travelling.snapshot('b', ended),
    said: agent.said(),
    askedInVain,
    pushes: await readFile(join(repository.path, 'pushes'), 'utf8'),
    secrets,
    shownBy: door.shownBy,
    authorized: door.authorized(),
    seen,
    logs: [a.err(), a.out(), b.err(), b.out(), api.err(), api.out()].join('\n'),
    async stop() {
      await api.stop();
    },
  };
}

async function createRepository(git: GitServer) {
  const repository = await git.create('shop');
  const base = await repository.commit({
    'a.txt': 'a\n',
    'old.txt': 'old\n',
    'run.sh': { mode: '100755', content: '#!/bin/sh\n' },
    'src/b.txt': 'b\n',
    link: { mode: '120000', content: 'a.txt' },
    '.gitignore': 'built\n',
  });
  await repository.hook('post-receive', '#!/bin/sh\ncat >> pushes\n');
  return { repository, base };
}

/** Lets a test take the server away, and looks at all processes while git asks the server. */
function watchDoor(git: GitServer, secrets: readonly string[], authorization: string) {
  const shownBy: string[] = [];
  let isOpen = true;
  let refused = 0;
  let authorized = 0;
  git.https.intercept((request: IncomingMessage, _response: ServerResponse) => {
    if (!isOpen) {
      refused += 1;
      request.socket.destroy();
      return true;
    }
    if (request.headers.authorization === authorization) authorized += 1;
    shownBy.push(...processesThatShow(secrets));
    return false;
  });
  return {
    shownBy,
    refused: () => refused,
    authorized: () => authorized,
    open() {
      isOpen = true;
    },
    close() {
      isOpen = false;
    },
  };
}

/** Plays the model: a first edit, a second one that never ends, and a third one after the host is lost. */
function playAgent({ hosts, plays }: Travelling) {
  const cut = Promise.withResolvers<void>();
  const resumed = Promise.withResolvers<MessagesRequest>();
  const finished = Promise.withResolvers<void>();
  const seen = join(hosts.disk, 'tmp/seen');
  const results: string[] = [];
  const first = [
    `cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ > ${seen} 2>&1`,
    `(env; git remote -v; git config --list; cat .git/config) >> ${seen}`,
    'printf "changed\\n" > a.txt && rm old.txt && chmod 644 run.sh && printf "new\\n" > src/new.txt',
  ].join('; ');
  const query = plays(async (request) => {
    if (request.prompt.startsWith(CONTINUATION_PROMPT)) {
      resumed.resolve(request);
      await finished.promise;
      results.push(...request.toolResults);
      if (request.toolResults.length > 0) return text('Done.');
      return toolUse('Bash', {
        command: 'printf "third\\n" > third.txt; cat built notes/plan.txt; git log --format=%H',
      });
    }
    if (commandsIn(request).length === 0) return toolUse('Bash', { command: first });
    await cut.promise;
    return toolUse('Bash', { command: 'printf begun > cut.txt; sleep 3600' });
  });
  return {
    query,
    seen,
    cut: cut.resolve,
    resumed: resumed.promise,
    finish: finished.resolve,
    said: () => results.join('\n'),
  };
}
