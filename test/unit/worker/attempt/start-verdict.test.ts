import { describe, expect, test } from 'vitest';
import { judgeStart, type StartFacts } from '../../../../apps/worker/src/attempt/start-verdict.ts';
import type { HostProblem } from '../../../../apps/worker/src/host/host-errors.ts';

const message = 'No conversation found with session ID: x';
const notFound = {
  kind: 'failed',
  failure: { code: 'CONVERSATION_NOT_FOUND', message, retryable: false },
} as const;

const result = { subtype: 'error_during_execution', is_error: true };

function judge(facts: object, problem: HostProblem | null = null) {
  const run = { sawInit: false, result, exit: { code: 1, signal: null }, stderrTail: '' };
  const given = { run, abort: null, isResumed: true, ...facts } as unknown as StartFacts;
  return judgeStart(notFound, given, { report() {}, check: async () => problem });
}

describe('a CLI that did not find its conversation', () => {
  test('is started again where the worker had put the transcript in place', async () => {
    expect(await judge({})).toEqual({
      kind: 'host_failure',
      failure: { code: 'CONVERSATION_NOT_FOUND', message, retryable: true },
      waitMs: 1_000,
    });
  });

  test('was kept from it by a host that is sick', async () => {
    const problem: HostProblem = {
      code: 'HOST_ERROR',
      message: 'ENOENT in the temporary directory',
    };
    const failure = { ...problem, retryable: true };
    expect(await judge({}, problem)).toEqual({ kind: 'host_failure', failure, waitMs: 0 });
  });

  test.each([
    ['there was no transcript to resume', { isResumed: false }],
    ['it was stopped', { abort: { kind: 'cancel' } }],
  ])('fails the session where %s', async (_, facts) => {
    expect(await judge(facts)).toEqual(notFound);
  });
});
