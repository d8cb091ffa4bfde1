import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  attributeFailure,
  type FailureContext,
} from '../../../../apps/worker/src/attempt/attribute-failure.ts';
import type { HostProblem } from '../../../../apps/worker/src/host-problem/find-host-problem.ts';

const message = 'No conversation found with session ID: x';
const notFound = {
  kind: 'failed',
  failure: { code: 'CONVERSATION_NOT_FOUND', message, retryable: false },
} as const;

const result = { subtype: 'error_during_execution', is_error: true };

function judge(facts: object, problem: HostProblem | null = null) {
  const run = { sawInit: false, result, exit: { code: 1, signal: null }, stderrTail: '' };
  const given = { run, abort: null, isResumed: true, ...facts } as unknown as FailureContext;
  return attributeFailure(notFound, given, { report() {}, check: async () => problem });
}

describe('a CLI that did not find its conversation', () => {
  test('counts as a host failure if the worker had restored the transcript', async () => {
    expect(await judge({})).toEqual({
      kind: 'host_failure',
      failure: { code: 'CONVERSATION_NOT_FOUND', message, retryable: true },
      waitMs: 1_000,
    });
  });

  test('counts as a host failure with the problem of a sick host', async () => {
    const problem: HostProblem = {
      code: 'HOST_ERROR',
      message: 'ENOENT in the temporary directory',
    };
    const failure = { ...problem, retryable: true };
    expect(await judge({}, problem)).toEqual({ kind: 'host_failure', failure, waitMs: 0 });
  });

  test('counts as a host failure if the worker is draining', async () => {
    const outcome = await judge({ abort: { kind: 'hand_back' } });
    expect(outcome).toMatchObject({ kind: 'host_failure', waitMs: 1_000 });
  });

  test.each([
    ['there was no transcript to resume', { isResumed: false }],
    ['a caller cancelled the session', { abort: { kind: 'cancel' } }],
    ['a caller interrupted the session', { abort: { kind: 'interrupt' } }],
  ])('fails its session if %s', async (_, facts) => {
    expect(await judge(facts)).toEqual(notFound);
  });
});

describe('a CLI whose temporary folder disappeared for a moment', () => {
  const failed = {
    kind: 'failed',
    failure: { code: 'PROTOCOL', message: 'no result line', retryable: false },
  } as const;

  async function judgeLostFile(facts: {
    sawInit: boolean;
    said: (folder: string) => string;
    run?: object;
  }) {
    const runRoot = await mkdtemp(join(tmpdir(), 'baton-test-'));
    onTestFinished(() => rm(runRoot, { recursive: true }));
    const run = {
      sawInit: facts.sawInit,
      result: null,
      exit: { code: 70, signal: null },
      stderrTail: facts.said(runRoot),
      ...facts.run,
    };
    const given = { run, abort: null, cwd: runRoot, runRoot, wasReplaced: () => false };
    return attributeFailure(
      failed,
      { ...given, dirBeforeStart: await stat(runRoot) } as unknown as FailureContext,
      {
        report() {},
        check: async () => null,
      },
    );
  }

  const lost = (folder: string) => `at start\nError: ENOENT: no such file, mkdir '${folder}/c/x'`;

  test('counts as a host failure before its first line', async () => {
    const outcome = await judgeLostFile({ sawInit: false, said: lost });
    expect(outcome).toMatchObject({ kind: 'host_failure', failure: { code: 'HOST_ERROR' } });
  });

  test('counts as a retryable failure after its first line', async () => {
    const outcome = await judgeLostFile({ sawInit: true, said: lost });
    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: { code: 'HOST_ERROR', retryable: true },
    });
  });

  test('counts as a retryable failure in a turn after its first result', async () => {
    const run = { result: { subtype: 'success', is_error: false }, isInterim: true };
    const outcome = await judgeLostFile({ sawInit: true, said: lost, run });
    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: { code: 'HOST_ERROR', retryable: true },
    });
  });

  test.each([
    ['a file elsewhere', () => "ENOENT: no such file, open '/srv/x'"],
    ['its folder without an error', (folder: string) => `reading ${folder}\nENOENT of another`],
  ])('fails its session if its error names %s', async (_, said) => {
    expect(await judgeLostFile({ sawInit: false, said })).toEqual(failed);
    expect(await judgeLostFile({ sawInit: true, said })).toEqual(failed);
  });
});
