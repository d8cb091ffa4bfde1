import type { Info } from '@baton/core/internal';
import { CHILD, KEY_ID, OTHER, SESSION, WORKER } from './ids.ts';

const NOTHING_SPENT = {
  cost_usd: 0,
  num_turns: 0,
  input_tokens: 0,
  output_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  duration_api_ms: 0,
};

/** A session that was just accepted. */
export const queued: Info = {
  id: SESSION,
  run_id: SESSION,
  kind: 'launch',
  status: 'queued',
  start_time: '2026-11-24T09:00:00.000Z',
  query: 'Why does the test "adds tax once" fail? Fix the cause.',
  root_session_id: SESSION,
  api_key_id: KEY_ID,
  claude_session_id: SESSION,
  created_at: '2026-11-24T09:00:00.000Z',
  updated_at: '2026-11-24T09:00:00.000Z',
  priority: 0,
  attempt: 0,
  last_event_seq: 0,
  totals: NOTHING_SPENT,
  resumable: false,
};

/** The session of `queued` while it runs. */
export const running: Info = {
  ...queued,
  status: 'running',
  model: 'claude-opus-5-5',
  started_at: '2026-11-24T09:00:00.412Z',
  updated_at: '2026-11-24T09:00:02.805Z',
  attempt: 1,
  worker_id: WORKER,
  last_event_seq: 9,
};

const spent = {
  cost_usd: 0.1834,
  num_turns: 6,
  input_tokens: 2_914,
  output_tokens: 1_207,
  cache_creation_input_tokens: 11_380,
  cache_read_input_tokens: 64_122,
  duration_api_ms: 21_640,
};

/** The session of `queued` after it has completed. */
export const completed: Info = {
  ...running,
  status: 'completed',
  end_time: '2026-11-24T09:00:26.118Z',
  updated_at: '2026-11-24T09:00:26.118Z',
  last_event_seq: 23,
  workspace: {
    type: 'managed',
    path: `/srv/baton/conversations/${SESSION}`,
    portable: true,
    captured_at: '2026-11-24T09:00:25.902Z',
    files: 214,
    bytes: 1_310_458,
    left_out: 1,
    stored_bytes: 402_117,
  },
  totals: spent,
  result: {
    type: 'result',
    subtype: 'success',
    is_error: false,
    session_id: SESSION,
    duration_ms: 25_310,
    duration_api_ms: spent.duration_api_ms,
    num_turns: spent.num_turns,
    result: 'Tax was added again when a cart was loaded. It is computed once now, in cart.ts.',
    total_cost_usd: spent.cost_usd,
    permission_denials: [],
  },
  resumable: true,
};

/** The session that continues `completed`. */
export const continued: Info = {
  ...queued,
  id: CHILD,
  run_id: CHILD,
  kind: 'continue',
  query: 'Now add a test for a cart that is loaded twice.',
  start_time: '2026-11-24T09:07:34.000Z',
  created_at: '2026-11-24T09:07:34.000Z',
  updated_at: '2026-11-24T09:07:34.000Z',
  parent_session_id: SESSION,
};

/** A session that failed and is not retried. */
export const failed: Info = {
  ...running,
  id: OTHER,
  run_id: OTHER,
  status: 'failed',
  root_session_id: OTHER,
  claude_session_id: OTHER,
  query: 'Rewrite all of it.',
  end_time: '2026-11-24T09:31:09.220Z',
  updated_at: '2026-11-24T09:31:09.220Z',
  error: 'The budget was spent.',
  failure: {
    code: 'BUDGET_EXCEEDED',
    message: 'The budget was spent.',
    retryable: false,
    attempt: 1,
    at: '2026-11-24T09:31:09.220Z',
  },
  totals: { ...spent, cost_usd: 2.0071 },
  resumable: true,
};
