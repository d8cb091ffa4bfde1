import { infoSchema, isResumable, type Session, toInfo } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import {
  makeCompletedSession,
  makeFullConfig,
  makeSession,
} from '../../../../support/factories.ts';

const at = new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
const iso = '2026-01-02T03:04:05.678Z';

const ended = makeCompletedSession({
  created_at: at,
  config: makeFullConfig(),
  end_time: at,
  not_before: at,
  error: 'spent',
  failure: { code: 'MAX_TURNS', message: 'spent', retryable: false, attempt: 2, at },
  result: { type: 'result', subtype: 'success', is_error: false, structured_output: { a: [1] } },
  metadata: { 'a.b': null },
  attempts: [
    { attempt: 1, fence: 1, worker_id: 'w1', host: 'h', started_at: at },
    { attempt: 2, fence: 3, worker_id: 'w2', host: 'h', started_at: new Date(), pid: 7 },
  ],
  lease: { fence: 3, owner: 'w2', expires_at: at },
});

describe('toInfo', () => {
  test.each([
    ['a queued session', makeSession()],
    ['an ended one', ended],
  ])('%s is what JSON makes of it, and fits the schema', (_, session) => {
    const info = toInfo(session, ['config']);
    expect(JSON.parse(JSON.stringify(info))).toEqual(info);
    expect(infoSchema.strict().parse(info)).toEqual(info);
  });

  test('times are RFC 3339 in UTC', () => {
    expect(toInfo(ended)).toMatchObject({
      start_time: iso,
      created_at: iso,
      end_time: iso,
      not_before: iso,
      started_at: iso,
      failure: { at: iso },
    });
  });

  test('attempt and worker are those of the last attempt', () => {
    expect(toInfo(ended)).toMatchObject({ attempt: 2, worker_id: 'w2' });
    expect(toInfo(makeSession())).toMatchObject({ attempt: 0 });
    expect(toInfo(makeSession())).not.toHaveProperty('worker_id');
  });

  test('failures of hosts are counted where there were any', () => {
    expect(toInfo(makeSession())).not.toHaveProperty('host_failures');
    const counts = { ...ended.counts, host_failures: 2 };
    expect(toInfo({ ...ended, counts })).toMatchObject({ host_failures: 2 });
  });

  test('the config is shown only on request, and then without its secrets', () => {
    expect(toInfo(ended)).not.toHaveProperty('config');
    const shown = toInfo(ended, ['config']);
    expect(shown.config?.env).toEqual({ API_TOKEN: '[redacted]' });
    expect(JSON.stringify(shown)).not.toContain('s3cret');
  });

  test('lease, ledger and manifest stay inside', () => {
    const info = toInfo(ended);
    for (const key of ['lease', 'attempts', 'transcript', 'config_hash', 'counts', '_id']) {
      expect(info).not.toHaveProperty(key);
    }
  });
});

describe('resumable', () => {
  const transcript = ended.transcript;
  test.each<[string, Session, boolean]>([
    ['completed with a transcript', ended, true],
    ['failed with a transcript', { ...ended, status: 'failed' }, true],
    ['cancelled with a transcript', { ...ended, status: 'cancelled' }, true],
    ['running', { ...ended, status: 'running' }, false],
    ['queued again', { ...ended, status: 'queued' }, false],
    ['without any file', { ...ended, transcript: { files: [] } }, false],
    [
      'with an empty file',
      { ...ended, transcript: { files: transcript.files.map((file) => ({ ...file, length: 0 })) } },
      false,
    ],
    [
      "with sub-agents' files alone",
      {
        ...ended,
        transcript: { files: transcript.files.map((file) => ({ ...file, path: 'agent.jsonl' })) },
      },
      false,
    ],
    ['without an id of Claude', withoutClaudeId(ended), false],
  ])('%s: %s', (_, session, expected) => {
    expect(isResumable(session)).toBe(expected);
    expect(toInfo(session).resumable).toBe(expected);
  });
});

function withoutClaudeId({ claude_session_id: _, ...session }: Session): Session {
  return session;
}
