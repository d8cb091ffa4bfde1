import type { EventView, StatusChange } from '@baton/core/internal';
import { formatMessage } from '../streams/event-stream.ts';
import type { OperationExamples } from './example.ts';
import { CHILD, SESSION } from './ids.ts';

const events = [
  {
    seq: 1,
    attempt: 1,
    type: 'user',
    subtype: 'prompt',
    created_at: '2026-11-24T09:00:00.430Z',
    raw: `{"type":"user","subtype":"prompt","message":{"role":"user","content":"Why does the test fail?"},"parent_tool_use_id":null,"session_id":"${SESSION}"}`,
  },
  {
    seq: 2,
    attempt: 1,
    type: 'system',
    subtype: 'init',
    created_at: '2026-11-24T09:00:02.805Z',
    raw: `{"type":"system","subtype":"init","cwd":"/srv/projects/shop","session_id":"${SESSION}","tools":["Bash","Read"],"mcp_servers":[],"model":"claude-opus-5-5","permissionMode":"default"}`,
  },
  {
    seq: 3,
    attempt: 1,
    type: 'assistant',
    created_at: '2026-11-24T09:00:06.120Z',
    raw: `{"type":"assistant","message":{"role":"assistant","content":[{"type":"text","text":"I look at cart.ts first."}]},"session_id":"${SESSION}"}`,
  },
] satisfies EventView[];

const lines = events.map((data) => formatMessage({ event: data.type, id: String(data.seq), data }));
const end = formatMessage({
  event: 'end',
  data: { session_id: SESSION, status: 'completed', last_event_seq: 3 },
});

const changes = [
  {
    id: SESSION,
    root_session_id: SESSION,
    status: 'completed',
    last_event_seq: 23,
    title: 'Ticket 4711',
    tags: ['support', 'shop'],
    at: '2026-11-24T09:00:26.118Z',
  },
  {
    id: CHILD,
    root_session_id: SESSION,
    parent_session_id: SESSION,
    status: 'queued',
    last_event_seq: 0,
    at: '2026-11-24T09:07:34.000Z',
  },
] satisfies StatusChange[];

const statuses = [
  formatMessage({ event: 'live', data: {} }),
  ...changes.map((data) => formatMessage({ event: 'status', data })),
];

const file = {
  path: `${SESSION}.jsonl`,
  bytes: 48_213,
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
};

/** The examples of the operations that read events and transcripts. */
export const reading: Record<string, OperationExamples> = {
  listEvents: {
    responses: {
      200: {
        page: {
          summary: 'A page; request the next page with after=3',
          value: { events, last_event_seq: 23, next_after: 3 },
        },
      },
    },
    stream: {
      whole: { summary: 'A stream of three events and the end', value: [...lines, end].join('') },
    },
  },
  streamStatuses: {
    stream: {
      two: { summary: 'One session ended, another was queued', value: statuses.join('') },
    },
  },
  readConversation: {
    responses: {
      200: {
        page: {
          summary: 'The last page',
          value: { events: events.map((event) => ({ session_id: SESSION, ...event })) },
        },
      },
    },
  },
  listTranscriptFiles: {
    responses: {
      200: {
        two: {
          summary: 'The main transcript and the file of a sub-agent',
          value: {
            files: [file, { ...file, path: `${SESSION}/subagents/agent-a1.jsonl`, bytes: 6_104 }],
          },
        },
      },
    },
  },
};
