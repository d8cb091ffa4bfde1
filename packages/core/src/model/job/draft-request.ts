import { z } from 'zod';
import { type ContentBlock, requestContentSchema } from '../content/content.ts';
import { type ContentDraft, draftPrompt, type PromptRequest } from '../content/content-draft.ts';
import { parseInput } from '../schema/parse-input.ts';

/** A request as its job carries it: with the prompt as a text, and content whose blocks name files only. */
export type Drafted<T extends PromptRequest> = Omit<T, 'query' | 'content'> & {
  query: string;
  content?: ContentBlock[];
};

/** What a request becomes, and its content if it has any. The files of the content are not checked yet. */
export interface DraftedRequest<T extends PromptRequest> {
  drafted: Drafted<T>;
  draft?: ContentDraft;
}

/**
 * Returns a request as its job carries it, and the draft of its content. Throws INVALID_REQUEST, which names the field,
 * if `query` and `content` contradict each other or if a source is not base64.
 */
export function draftRequest<T extends PromptRequest>(request: T): DraftedRequest<T> {
  const { query, content, ...rest } = request;
  const { draft, ...prompt } = draftPrompt({ query, content });
  if (!draft) return { drafted: { ...rest, ...prompt } };
  return { drafted: { ...rest, ...prompt, content: draft.blocks }, draft };
}

const promptSchema = z.looseObject({
  query: z.string().optional(),
  content: requestContentSchema,
});

/**
 * Returns what `draftRequest` returns for input that nothing has parsed. Input without content stays as it is, because
 * the job is parsed later.
 */
export function draftUnparsed<T extends PromptRequest>(request: T): DraftedRequest<T> {
  if (request?.content === undefined) return { drafted: request as unknown as Drafted<T> };
  const { query, content } = parseInput(promptSchema, request);
  return draftRequest({ ...request, query, content });
}
