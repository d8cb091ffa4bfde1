import type { z } from 'zod';
import { findPromptProblem, type PromptRequest } from './content-draft.ts';

/** Refuses a request that has neither `query` nor `content`, or both. For zod's `superRefine`. */
export function checkPrompt(request: PromptRequest, context: z.RefinementCtx): void {
  const problem = findPromptProblem(request);
  if (problem) {
    context.addIssue({ code: 'custom', path: [problem.field], message: problem.message });
  }
}
