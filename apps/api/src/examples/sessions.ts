import type { continueRequestSchema, Info } from '@baton/core/internal';
import type { z } from 'zod';
import type { OperationExamples } from './example.ts';
import { SESSION } from './ids.ts';
import { completed, continued, failed, queued, running } from './infos.ts';

const next = {
  query: 'Now add a test for a cart that is loaded twice.',
} satisfies z.input<typeof continueRequestSchema>;

const busy = {
  query: 'Leave the cart alone: look at the invoice instead.',
  on_busy: 'interrupt',
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

/** Of the operations on sessions that are there. */
export const sessions: Record<string, OperationExamples> = {
  continueSession: {
    body: {
      plain: { summary: 'The next prompt', value: next },
      busy: { summary: 'While the session still runs: interrupt it first', value: busy },
      changed: {
        summary: "Another mode, the worker's default model in the place of the inherited one",
        value: changed,
      },
    },
    responses: {
      202: {
        queued: { summary: 'A new session of the same conversation', value: continued },
        waiting: {
          summary: 'It waits for the end of the session before',
          value: { ...continued, waiting_for: 'parent' } satisfies Info,
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
        failed: { summary: 'Failed: failure.code says why', value: failed },
      },
    },
  },
  listSessions: {
    responses: { 200: { page: { summary: 'A page, and where the next begins', value: list } } },
  },
  cancelSession: {
    responses: {
      202: {
        queued: {
          summary: 'It never began: cancelled at once',
          value: {
            ...queued,
            status: 'cancelled',
            end_time: '2026-11-24T09:00:01.000Z',
          } satisfies Info,
        },
        running: { summary: 'It runs: its worker is told', value: running },
      },
    },
  },
  interruptSession: {
    responses: { 202: { running: { summary: 'It runs: its worker is told', value: running } } },
  },
  deleteSession: {
    responses: {
      202: {
        deleting: {
          summary: 'A long conversation: the rest goes on by itself',
          value: { id: SESSION, state: 'deleting' },
        },
      },
    },
  },
};
