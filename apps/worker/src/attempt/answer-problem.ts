import type { Logger, Result, SessionConfig } from '@baton/core/internal';
import { checkAnswer } from '../claude/check-answer.ts';

/**
 * What is wrong with the structured answer that the session asked for; no key where nothing is. An answer
 * that could not be checked is logged, and counts as good.
 */
export async function findAnswerProblem(
  result: Result | null,
  { json_schema }: Pick<SessionConfig, 'json_schema'>,
  log: Logger,
): Promise<{ answerProblem?: string }> {
  const { problem, unchecked } = await checkAnswer(result, json_schema);
  if (unchecked !== undefined) {
    log.warn({ reason: unchecked }, 'the answer is kept without a check against json_schema');
  }
  return problem === undefined ? {} : { answerProblem: problem };
}
