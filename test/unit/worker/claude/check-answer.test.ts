import type { Result } from '@baton/core/internal';
import { expect, test, vi } from 'vitest';
import { checkAnswer } from '../../../../apps/worker/src/claude/check-answer.ts';
import { FAILED, OK } from './concluding.ts';

const SCHEMA = {
  type: 'object',
  properties: { a: { type: 'integer' } },
  required: ['a'],
  additionalProperties: false,
};

const answered = (structured_output: Result['structured_output']): Result => ({
  ...OK,
  structured_output,
});

// A check starts a thread, which takes 0.2 s, so schemas and answers are tested in find-misfit.test.ts.
test.each<[string, Result | null, object | undefined, string | null]>([
  ['no problem is found without a schema', OK, undefined, null],
  ['no problem is found without a result', null, SCHEMA, null],
  ['no problem is found in a failure', FAILED, SCHEMA, null],
  [
    'no problem is found in the result of a slash command',
    { ...OK, local_command: 'compact' },
    SCHEMA,
    null,
  ],
  ['no problem is found in an answer that matches', answered({ a: 1 }), SCHEMA, null],
  ['no problem is found in null if the schema allows null', answered(null), { type: 'null' }, null],
  ['a missing structured answer is a problem', OK, SCHEMA, 'gave no structured answer'],
  [
    'a value of another type is a problem',
    answered({ a: 'x' }),
    SCHEMA,
    'structured_output/a must be integer',
  ],
])('%s', async (_, result, schema, problem) => {
  const found = await checkAnswer(result, schema as Record<string, never>);
  expect(found).toEqual(problem === null ? {} : { problem: expect.stringContaining(problem) });
});

test('an answer with an invalid schema is not checked', async () => {
  const found = await checkAnswer(answered(`${'a'.repeat(50)}b`), { type: 'nonsense' });
  expect(found).toEqual({ unchecked: expect.stringMatching(/Error/) });
});

test('an answer that is too large to keep is not checked', async () => {
  const found = await checkAnswer({ ...OK, truncated: ['structured_output'] }, SCHEMA);
  expect(found).toEqual({ unchecked: expect.any(String) });
});

test('a pattern check that never ends is aborted, and the answer stays unchecked', async () => {
  vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => ended.signal);
  const ended = new AbortController();
  const check = checkAnswer(answered(`${'a'.repeat(50)}b`), { pattern: '^(a+)+$' });
  setTimeout(() => ended.abort(new Error('time is up')), 100);
  expect(await check).toEqual({ unchecked: expect.stringMatching(/abort/i) });
});
