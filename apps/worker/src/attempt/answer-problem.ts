import type { Logger, Result, SessionConfig } from '@baton/core/internal';
import { checkAnswer } from '../claude/check-answer.ts';

/**
 * Checks the structured answer that the session asked for. Resolves to an empty object if the
 * answer is good. If the answer could not be checked, logs the reason and treats the answer as
 * good.
 */
export async function findAnswerProblem(
  result: Result | null,
  { json_schema }: Pick<SessionConfig, 'json_schema'>,
  log: Logger,
): Promise<{ answerProblem?: string }> {
  const { problem, unchecked } = await checkAnswer(result, json_schema);
  if (unchecked !== undefined) {
    log.warn(
      { reason: unchecked },
      'the answer could not be checked against json_schema; Baton keeps it as a good answer',
    );
  }
  return problem === undefined ? {} : { answerProblem: problem };
}
