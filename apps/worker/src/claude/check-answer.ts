import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Result, SessionConfig } from '@baton/core/internal';

/** What is wrong with a structured answer; `unchecked` says why it could not be checked. */
export interface AnswerCheck {
  problem?: string;
  unchecked?: string;
}

const THREAD = new URL('./check-answer-thread.ts', import.meta.url);

// A caller's pattern may take hours to match a short text, and a schema may eat memory: the check runs in a
// thread with limits, or it would stop every session of the worker.
const CHECK_MAX_MS = 20_000;
const CHECK_MAX_MIB = 256;

/**
 * Checks the structured answer of a good result against the session's `json_schema`, as the CLI does:
 * draft 7, formats ignored. Without a schema nothing is wrong. Where the schema cannot be read, or takes
 * more than 20 seconds, the answer is `unchecked`: it never fails for that. Never rejects.
 */
export async function checkAnswer(
  result: Result | null,
  schema: SessionConfig['json_schema'],
): Promise<AnswerCheck> {
  if (schema === undefined || result === null || result.is_error) return {};
  // A slash command that the CLI answers by itself asks no model, and has no structured answer.
  if (result.local_command !== undefined) return {};
  if (result.truncated?.includes('structured_output')) {
    return { unchecked: 'the answer is too large to be kept' };
  }
  if (result.structured_output === undefined) {
    return { problem: 'json_schema was given, and the claude CLI gave no structured answer' };
  }
  try {
    const misfit = await findMisfit(schema, result.structured_output);
    if (misfit === null) return {};
    return { problem: `the structured answer does not fit json_schema: ${misfit}` };
  } catch (error) {
    return { unchecked: String(error) };
  }
}

async function findMisfit(schema: object, answer: unknown): Promise<string | null> {
  const thread = new Worker(THREAD, {
    workerData: { schema, answer },
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: CHECK_MAX_MIB },
  });
  // A thread that is out of memory says so also after its time: unheard, that would end this process.
  thread.on('error', () => {});
  try {
    const signal = AbortSignal.timeout(CHECK_MAX_MS);
    const [misfit] = await once(thread, 'message', { signal });
    return misfit;
  } finally {
    await thread.terminate();
  }
}
