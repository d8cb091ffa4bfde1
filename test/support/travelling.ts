// Sessions of the real CLI that travel between test hosts, and the model that plays them.
import { join } from 'node:path';
import type { Session } from '@baton/core/internal';
import { test as base, type Fleet } from './fleet.ts';
import { createTestHosts, type TestHosts } from './hosts.ts';
import { type MessagesApi, startMessagesApi } from './messages-api/messages-api.ts';
import { type Reply, text, toolUse } from './messages-api/reply.ts';
import type { MessagesRequest } from './messages-api/request.ts';
import { claudeBin } from './real-claude.ts';
import { snapshotTree, type TreeSnapshot } from './tree-snapshot.ts';
import type { WorkerProcess } from './worker-process.ts';

/** What the model does in one session. */
export type Role = (request: MessagesRequest) => Reply | Promise<Reply>;

/** The hosts and the model of a test file. */
export interface Travelling {
  hosts: TestHosts;
  api: MessagesApi;
  /** Gives the model a role, and returns the query of the session that plays it. */
  plays(role: Role): string;
  /** Starts a worker of the fleet on a host, with the real CLI. */
  worker(fleet: Fleet, host: string, changes?: Record<string, string>): Promise<WorkerProcess>;
  /** Returns the path, outside the hosts, of a session's directory or of a file in it, on the disk of a host. */
  onDisk(host: string, session: Pick<Session, 'workspace'>, file?: string): string;
  /** Reads a session's directory on the disk of a host. */
  snapshot(
    host: string,
    session: Pick<Session, 'workspace'>,
    skip?: (path: string) => boolean,
  ): Promise<TreeSnapshot>;
}

/**
 * `test` with two hosts and a model for the test file. A third host, `crashing`, is for one test alone. A test file may
 * replace `otherServers`: URLs of more servers that the hosts reach.
 */
export const test = base.extend<{
  $file: { otherServers: readonly string[]; travelling: Travelling };
}>({
  otherServers: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
    async ({}, use) => use([]),
    { scope: 'file' },
  ],
  travelling: [
    async ({ fleet, otherServers }, use) => {
      const roles = new Map<string, Role>();
      const api = await startMessagesApi({
        script(request) {
          const name = request.prompts.findLast((prompt) => roles.has(prompt)) ?? '';
          return roles.get(name)?.(request) ?? text('There is nothing to do.');
        },
      });
      const names = ['a', 'b', 'crashing'];
      const hosts = await createTestHosts({
        services: fleet.env,
        messagesApi: api,
        otherServers,
        names,
      });
      const onDisk: Travelling['onDisk'] = (host, { workspace }, file = '.') =>
        hosts.get(host).pathOf(join(workspace?.path ?? '', file));
      await use({
        hosts,
        api,
        plays(role) {
          const query = `play role ${roles.size + 1}`;
          roles.set(query, role);
          return query;
        },
        worker: ({ env }, host, changes = {}) =>
          hosts.get(host).startWorker({
            env: {
              ...env,
              CLAUDE_BIN: claudeBin(),
              ANTHROPIC_BASE_URL: api.url,
              ANTHROPIC_API_KEY: 'dummy-key-of-the-tests',
              CLAUDE_CODE_MAX_RETRIES: '0',
              ...changes,
            },
          }),
        onDisk,
        snapshot: (host, session, skip) => snapshotTree(onDisk(host, session), skip),
      });
      await hosts.close();
      await api.stop();
    },
    { scope: 'file' },
  ],
});

/** Returns a role that runs shell commands, one after the other, and then ends its turn. */
export function runs(...commands: string[]): Role {
  let next = 0;
  return () => {
    const command = commands[next];
    next += 1;
    return command === undefined ? text('Done.') : toolUse('Bash', { command });
  };
}

/** Returns the system prompt of a request. */
export function systemOf({ body: { system = '' } }: MessagesRequest): string {
  return typeof system === 'string' ? system : system.map((part) => part.text).join('\n');
}

/** Returns the shell commands that the history of a request shows, oldest first. */
export function commandsIn({ body: { messages } }: MessagesRequest): string[] {
  return messages.flatMap(({ content }) =>
    typeof content === 'string'
      ? []
      : content.flatMap((block) =>
          block.type === 'tool_use' ? [(block.input as { command: string }).command] : [],
        ),
  );
}
