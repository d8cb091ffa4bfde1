// The client has a method for each call that services make, with every parameter of the API.
import { newId } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { type BatonClient, createClient } from '../../../packages/client/src/index.ts';
import type { Fetch } from './clients.ts';
import { test } from './clients.ts';

const id = newId();
const page = { limit: 1, cursor: 'c' };

const VERBS: Record<string, (client: BatonClient) => PromiseLike<unknown>> = {
  launchSession: (client) => client.launch({ query: 'q' }),
  launchSessions: (client) => client.launchMany([{ query: 'q' }]),
  continueSession: (client) => client.continue(id, { query: 'q' }),
  rerunSession: (client) => client.rerun(id),
  getSession: (client) => client.get(id, { include: 'config' }),
  listSessions: (client) =>
    first(
      client.list({
        status: 'queued',
        parent_session_id: id,
        root_session_id: id,
        schedule_id: id,
        conversation_key: 'k',
        tag: 't',
        ...page,
      }),
    ),
  readConversation: (client) => first(client.conversation(id, page)),
  listEvents: (client) =>
    first(
      client.events(id, {
        after: 1,
        startTime: '2026-01-01T00:00:00Z',
        follow: 'conversation',
      }),
    ),
  streamStatuses: (client) => first(client.statuses({ tag: 't' })),
  cancelSessions: (client) => client.cancelMany({ tag: 't' }),
  cancelSession: (client) => client.cancel(id),
  interruptSession: (client) => client.interrupt(id),
  sendMessage: (client) => client.send(id, { content: 'c' }),
  listMessages: (client) => first(client.messages(id, page)),
  cancelMessage: (client) => client.cancelMessage(id, id),
  listWorkspaceFiles: (client) =>
    first(client.workspaceFiles(id, { path: 'p', git: true, ...page })),
  readWorkspaceFile: (client) => client.file(id, 'p'),
  readWorkspaceDiff: (client) =>
    first(client.diff(id, { against: 'base', format: 'stat', path: 'p', ...page })),
  readWorkspaceArchive: (client) => client.archive(id, { git: true }),
  deleteSession: (client) => client.delete(id),
  readUsage: (client) =>
    client.usage({
      group_by: 'day',
      from: '2026-01-01',
      to: '2026-02-01',
      root_session_id: id,
      tag: 't',
      key: 'k',
    }),
  uploadFile: (client) => client.files.upload('x', { name: 'n' }),
  getFile: (client) => client.files.get(id),
  readFile: (client) => client.files.download(id),
  deleteFile: (client) => client.files.delete(id),
  createSchedule: (client) => client.schedules.create({ every_ms: 1, launch: { query: 'q' } }),
  listSchedules: (client) => first(client.schedules.list(page)),
  getSchedule: (client) => client.schedules.get(id),
  changeSchedule: (client) => client.schedules.change(id, { enabled: false }),
  deleteSchedule: (client) => client.schedules.delete(id),
};

// Operator calls and downloads, which a service does not need while it works.
const WITHOUT = ['webhooks', 'limits', 'operations', 'readTranscript', 'listTranscriptFiles'];

// Only pages have a limit; a stream has no page size.
const NOT_OF_STREAMS = ['limit'];

interface Operation {
  operationId: string;
  tags: string[];
  parameters?: { name: string; in: string }[];
}

describe('the client', () => {
  test('has a method for each call that services make, with every parameter', async ({
    api,
    url,
  }) => {
    const { paths } = (await api.app.inject({ url: '/openapi.json' })).json();
    const received = Object.entries<Record<string, Operation>>(paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, one]) => ![one.operationId, ...one.tags].some((name) => WITHOUT.includes(name)))
        .map(([method, { operationId, parameters = [] }]) => ({
          operationId,
          method: method.toUpperCase(),
          path: path.replace(/\{(message_)?id\}/g, id).replace('{path}', 'p'),
          query: parameters.filter((one) => one.in === 'query').map(({ name }) => name),
        })),
    );
    expect(received.map(({ operationId }) => operationId).sort()).toEqual(
      Object.keys(VERBS).sort(),
    );
    for (const { operationId, method, path, query } of received) {
      const asked: Request[] = [];
      const fetch: Fetch = async (input, init) => {
        asked.push(new Request(input, init));
        return Response.json({}, { status: 400 });
      };
      await VERBS[operationId]?.(createClient({ baseUrl: url, fetch })).then(
        () => expect.unreachable(operationId),
        () => {},
      );
      const [request] = asked;
      const { pathname, searchParams } = new URL(request?.url ?? url);
      const isStream = request?.headers.get('accept') === 'text/event-stream';
      const wanted = query.filter((name) => !(isStream && NOT_OF_STREAMS.includes(name)));
      expect(`${request?.method} ${pathname}`, operationId).toBe(`${method} ${path}`);
      expect([...searchParams.keys()].sort(), operationId).toEqual(wanted.sort());
    }
  });
});

async function first<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const one of items) return one;
  return undefined;
}
