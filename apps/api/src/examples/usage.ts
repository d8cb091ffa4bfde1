import type { LimitView, limitCapsSchema, Spending } from '@baton/core/internal';
import type { z } from 'zod';
import type { OperationExamples } from './example.ts';
import { KEY_ID } from './ids.ts';

const spending = {
  sessions: 412,
  cost_usd: 61.27,
  cost_estimated_usd: 0.38,
  unpriced_tokens: 0,
  num_turns: 2_204,
  input_tokens: 911_302,
  output_tokens: 402_118,
  cache_creation_input_tokens: 3_810_442,
  cache_read_input_tokens: 21_733_910,
} satisfies Spending;

const month = { from: '2026-11-01T00:00:00.000Z', to: '2026-12-01T00:00:00.000Z' };

const caps = {
  max_sessions_at_once: 20,
  max_sessions_per_minute: 120,
  max_usd_per_day: 50,
} satisfies z.input<typeof limitCapsSchema>;

const ofTag = {
  kind: 'tag',
  name: 'support',
  ...caps,
  created_at: '2026-11-02T08:00:00.000Z',
  updated_at: '2026-11-20T13:45:00.000Z',
} satisfies LimitView;

const ofKey = {
  kind: 'key',
  name: KEY_ID,
  max_usd_per_day: 200,
  created_at: '2026-11-02T08:00:00.000Z',
  updated_at: '2026-11-02T08:00:00.000Z',
} satisfies LimitView;

/** The examples of the operations on usage and limits. */
export const usage: Record<string, OperationExamples> = {
  readUsage: {
    responses: {
      200: {
        total: { summary: 'The sums of one month', value: { ...month, total: spending } },
        byTag: {
          summary: 'The sums by tag, with group_by=tag',
          value: {
            ...month,
            total: spending,
            groups: [
              { ...spending, group: 'support', sessions: 300, cost_usd: 44.1 },
              { ...spending, group: null, sessions: 112, cost_usd: 17.17 },
            ],
          },
        },
      },
    },
  },
  setLimit: {
    body: {
      all: { summary: 'Limit sessions at once, sessions per minute and USD per day', value: caps },
      budget: {
        summary: 'Limit only USD per day',
        value: { max_usd_per_day: 50 } satisfies z.input<typeof limitCapsSchema>,
      },
    },
    responses: { 200: { set: { summary: 'The new limit', value: ofTag } } },
  },
  getLimit: {
    responses: {
      200: {
        used: {
          summary: 'A limit, with its current use in `now`',
          value: { ...ofTag, now: { sessions_at_once: 7, usd_today: 12.4 } } satisfies LimitView,
        },
      },
    },
  },
  listLimits: {
    responses: {
      200: {
        two: { summary: 'A limit of a key and one of a tag', value: { limits: [ofKey, ofTag] } },
      },
    },
  },
};
