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
    ['an ended session', ended],
  ])('returns for %s an Info that survives JSON and fits the schema', (_, session) => {
    const info = toInfo(session, ['config']);
    expect(JSON.parse(JSON.stringify(info))).toEqual(info);
    expect(infoSchema.strict().parse(info)).toEqual(info);
  });

  test('formats times as RFC 3339 in UTC', () => {
    expect(toInfo(ended)).toMatchObject({
      start_time: iso,
      created_at: iso,
      end_time: iso,
      not_before: iso,
      started_at: iso,
      failure: { at: iso },
    });
  });

  test('takes attempt and worker_id from the last attempt', () => {
    expect(toInfo(ended)).toMatchObject({ attempt: 2, worker_id: 'w2' });
    expect(toInfo(makeSession())).toMatchObject({ attempt: 0 });
    expect(toInfo(makeSession())).not.toHaveProperty('worker_id');
  });

  test('has host_failures only if there were any', () => {
    expect(toInfo(makeSession())).not.toHaveProperty('host_failures');
    const counts = { ...ended.counts, host_failures: 2 };
    expect(toInfo({ ...ended, counts })).toMatchObject({ host_failures: 2 });
  });

  test('says what a session that has begun works in, and how much its own captures take', () => {
    expect(toInfo(ended)).not.toHaveProperty('workspace');
    const path = { type: 'path', path: '/srv', fence: 1, portable: false, reason: 'path' } as const;
    const { fence: _, ...shown } = path;
    expect(toInfo({ ...ended, workspace: path }).workspace).toEqual(shown);
    const [mine, other] = ['a', 'b'].map((letter) => letter.repeat(64)) as [string, string];
    const session: Session = {
      ...ended,
      workspace: {
        ...{ type: 'managed', path: '/w/a', moved_from: ['/w/b'], fence: 3, portable: true },
        capture: {
          commit: 'c'.repeat(40),
          packs: [
            { session_id: makeSession().id, id: other, bytes: 1_000 },
            { session_id: ended.id, id: mine, bytes: 20 },
            { session_id: ended.id, id: other, bytes: 3 },
          ],
          taken_at: at,
          attempt: 2,
          files: 4,
          bytes: 500,
          left_out: 1,
          transcript: [],
        },
      },
    };
    const info = toInfo(session);
    expect(infoSchema.strict().parse(info)).toEqual(info);
    expect(info.workspace).toEqual({
      ...{ type: 'managed', path: '/w/a', portable: true, captured_at: iso },
      ...{ files: 4, bytes: 500, left_out: 1, stored_bytes: 23 },
    });
  });

  test('includes the config only on request, without its secrets', () => {
    expect(toInfo(ended)).not.toHaveProperty('config');
    const shown = toInfo(ended, ['config']);
    expect(shown.config?.env).toEqual({ API_TOKEN: '[redacted]' });
    expect(JSON.stringify(shown)).not.toContain('s3cret');
  });

  test('leaves out lease, attempts and transcript', () => {
    const info = toInfo(ended);
    for (const key of ['lease', 'attempts', 'transcript', 'config_hash', 'counts', '_id']) {
      expect(info).not.toHaveProperty(key);
    }
  });
});

describe('the `resumable` field of a session', () => {
  const transcript = ended.transcript;
  test.each<[string, Session, boolean]>([
    ['that completed with a transcript', ended, true],
    ['that failed with a transcript', { ...ended, status: 'failed' }, true],
    ['that was cancelled with a transcript', { ...ended, status: 'cancelled' }, true],
    ['that is running', { ...ended, status: 'running' }, false],
    ['that is queued again', { ...ended, status: 'queued' }, false],
    ['without a transcript file', { ...ended, transcript: { files: [] } }, false],
    [
      'with an empty transcript file',
      { ...ended, transcript: { files: transcript.files.map((file) => ({ ...file, length: 0 })) } },
      false,
    ],
    [
      'with transcript files of sub-agents only',
      {
        ...ended,
        transcript: { files: transcript.files.map((file) => ({ ...file, path: 'agent.jsonl' })) },
      },
      false,
    ],
    ['without a Claude session id', withoutClaudeId(ended), false],
  ])('%s is %s', (_, session, expected) => {
    expect(isResumable(session)).toBe(expected);
    expect(toInfo(session).resumable).toBe(expected);
  });
});

function withoutClaudeId({ claude_session_id: _, ...session }: Session): Session {
  return session;
}
