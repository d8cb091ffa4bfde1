import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Result, SessionConfig } from '@baton/core/internal';

/**
 * The result of a check. `problem` says what is wrong with a structured answer. `unchecked` says
 * why the answer could not be checked.
 */
export interface AnswerCheck {
  problem?: string;
  unchecked?: string;
}

const THREAD = new URL('./check-answer-thread.ts', import.meta.url);

// A caller's schema may have a pattern that takes hours to match, or may use up the memory. So the
// check runs in a thread with limits: in the main thread it could stop every session of the worker.
const CHECK_MAX_MS = 20_000;
const CHECK_MAX_MIB = 256;

/**
 * Checks the structured answer of a good result against the session's `json_schema`, as the CLI
 * does: draft 7, formats ignored. Without a schema, every answer is good. If the schema cannot be
 * compiled, or the check takes more than 20 seconds or 256 MiB, the answer is `unchecked`, which
 * does not fail the session. Never rejects.
 */
export async function checkAnswer(
  result: Result | null,
  schema: SessionConfig['json_schema'],
): Promise<AnswerCheck> {
  if (schema === undefined || result === null || result.is_error) return {};
  // A slash command that the CLI answers by itself asks no model, and has no structured answer.
  if (result.local_command !== undefined) return {};
  if (result.truncated?.includes('structured_output')) {
    return { unchecked: 'the structured answer is too large to be stored' };
  }
  if (result.structured_output === undefined) {
    return {
      problem: 'the session has a json_schema, but the claude CLI gave no structured answer',
    };
  }
  try {
    const misfit = await findMisfitInThread(schema, result.structured_output);
    if (misfit === null) return {};
    return { problem: `the structured answer does not fit json_schema: ${misfit}` };
  } catch (error) {
    return { unchecked: String(error) };
  }
}

async function findMisfitInThread(schema: object, answer: unknown): Promise<string | null> {
  const thread = new Worker(THREAD, {
    workerData: { schema, answer },
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: CHECK_MAX_MIB },
  });
  // A thread may report that it is out of memory even after the timeout. Without a listener, that
  // error would end this process.
  thread.on('error', () => {});
  try {
    const signal = AbortSignal.timeout(CHECK_MAX_MS);
    const [misfit] = await once(thread, 'message', { signal });
    return misfit;
  } finally {
    await thread.terminate();
  }
}
