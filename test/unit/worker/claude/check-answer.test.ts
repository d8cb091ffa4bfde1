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

// A check starts a thread, which takes a fifth of a second: misfit.test.ts has the schemas and answers.
test.each<[string, Result | null, object | undefined, string | null]>([
  ['no schema', OK, undefined, null],
  ['no result', null, SCHEMA, null],
  ['a failure', FAILED, SCHEMA, null],
  ['a slash command', { ...OK, local_command: 'compact' }, SCHEMA, null],
  ['an answer that fits', answered({ a: 1 }), SCHEMA, null],
  ['null, where it fits', answered(null), { type: 'null' }, null],
  ['no structured answer', OK, SCHEMA, 'gave no structured answer'],
  ['another type', answered({ a: 'x' }), SCHEMA, 'structured_output/a must be integer'],
])('%s', async (_, result, schema, problem) => {
  const found = await checkAnswer(result, schema as Record<string, never>);
  expect(found).toEqual(problem === null ? {} : { problem: expect.stringContaining(problem) });
});

test('a schema that is none fails no answer: it is not checked', async () => {
  const found = await checkAnswer(answered(`${'a'.repeat(50)}b`), { type: 'nonsense' });
  expect(found).toEqual({ unchecked: expect.stringMatching(/Error/) });
});

test('an answer too large to be kept is not checked', async () => {
  const found = await checkAnswer({ ...OK, truncated: ['structured_output'] }, SCHEMA);
  expect(found).toEqual({ unchecked: expect.any(String) });
});

test('a pattern that never ends holds up nothing: the check is ended, and the worker goes on', async () => {
  vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => ended.signal);
  const ended = new AbortController();
  const check = checkAnswer(answered(`${'a'.repeat(50)}b`), { pattern: '^(a+)+$' });
  setTimeout(() => ended.abort(new Error('time is up')), 100);
  expect(await check).toEqual({ unchecked: expect.stringMatching(/abort/i) });
});
