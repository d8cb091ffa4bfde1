import type { continueRequestSchema, Info } from '@baton/core/internal';
import type { z } from 'zod';
import type { OperationExamples } from './example.ts';
import { OTHER, SESSION } from './ids.ts';
import { completed, continued, failed, queued, running } from './infos.ts';

const next = {
  query: 'Now add a test for a cart that is loaded twice.',
} satisfies z.input<typeof continueRequestSchema>;

const busy = {
  query: 'Leave the cart alone: look at the invoice instead.',
  on_busy: 'interrupt',
} satisfies z.input<typeof continueRequestSchema>;

const earlier = {
  query: 'Try it without the cache.',
  at: 12,
} satisfies z.input<typeof continueRequestSchema>;

const changed = {
  query: 'Carry the plan out.',
  permission_mode: 'acceptEdits',
  model: null,
  max_turns: 50,
} satisfies z.input<typeof continueRequestSchema>;

const list = {
  sessions: [continued, completed, failed],
  next_cursor: 'WyIyMDI2LTExLTI0IiwiMDE5YWI1ZDQiXQ',
} satisfies { sessions: Info[]; next_cursor: string };

const cancelled = {
  results: [
    { id: SESSION, status: 'running' },
    {
      id: OTHER,
      error: {
        code: 'SESSION_TERMINAL',
        message: `session ${OTHER} is already completed`,
        details: { status: 'completed' },
      },
    },
  ],
  has_more: false,
};

/** The examples of the operations on existing sessions. */
export const sessions: Record<string, OperationExamples> = {
  continueSession: {
    body: {
      plain: { summary: 'The next prompt', value: next },
      busy: { summary: 'Interrupt the session if it still runs', value: busy },
      earlier: { summary: 'Continue from the middle of the session', value: earlier },
      changed: {
        summary: "Change the permission mode, and use the worker's default model",
        value: changed,
      },
    },
    responses: {
      202: {
        queued: { summary: 'A new session of the same conversation', value: continued },
        waiting: {
          summary: 'The new session waits until its parent has ended',
          value: { ...continued, waiting_for: 'parent' } satisfies Info,
        },
      },
    },
  },
  rerunSession: {
    responses: {
      202: {
        queued: {
          summary: 'A new session with the same config',
          value: { ...queued, rerun_of: OTHER } satisfies Info,
        },
      },
    },
  },
  getSession: {
    responses: {
      200: {
        completed: { summary: 'Completed, with its result', value: completed },
        running: { summary: 'Running', value: running },
        queued: { summary: 'Queued', value: queued },
        failed: { summary: 'Failed, with the reason in failure.code', value: failed },
      },
    },
  },
  listSessions: {
    responses: { 200: { page: { summary: 'A page, with the cursor of the next', value: list } } },
  },
  cancelSession: {
    responses: {
      202: {
        queued: {
          summary: 'The session had not started: it is cancelled at once',
          value: {
            ...queued,
            status: 'cancelled',
            end_time: '2026-11-24T09:00:01.000Z',
          } satisfies Info,
        },
        running: { summary: 'The session runs: its worker will stop it', value: running },
      },
    },
  },
  cancelSessions: {
    body: {
      tag: { summary: 'All sessions with a tag', value: { tag: 'book-7' } },
      ids: { summary: 'Two sessions', value: { ids: [SESSION, OTHER] } },
    },
    responses: {
      200: {
        two: { summary: 'A session that runs, and a session that has ended', value: cancelled },
      },
    },
  },
  interruptSession: {
    responses: {
      202: {
        running: { summary: 'The session runs: its worker will end the turn', value: running },
      },
    },
  },
  deleteSession: {
    responses: {
      202: {
        deleting: {
          summary: 'A long conversation: the deletion finishes in the background',
          value: { id: SESSION, state: 'deleting' },
        },
      },
    },
  },
};
