// Turns the content of a request into the blocks that are stored. The bytes that the request brings
// along get stand-ins of an id here, so that equal requests make equal blocks before any file is stored.
import { createHash } from 'node:crypto';
import { v5 } from 'uuid';
import { AppError } from '../errors/app-error.ts';
import { defined } from '../schema/defined.ts';
import { type ContentBlock, type RequestBlock, textOfContent } from './content.ts';

// A fixed random UUID that must never change. With another UUID, a request that repeats an
// idempotency key would count as a different request.
const NAMESPACE = '0c6d8a5e-6d0f-4f6b-9d39-6f1f3f2a7b58';

/** Bytes that a request brought along, to be stored as a file. */
export interface Upload {
  /** The position of their block. */
  index: number;
  bytes: Buffer;
}

/** Content whose files are not checked yet. */
export interface ContentDraft {
  /** The blocks, with a stand-in as the id of each file that is not stored yet. */
  blocks: ContentBlock[];
  uploads: Upload[];
  /** The types that the request claims, by the position of the block. */
  claimedTypes: ReadonlyMap<number, string>;
}

/** What a request asks: a text, or content. */
export interface PromptRequest {
  query?: string | undefined;
  content?: readonly RequestBlock[] | undefined;
}

/** A prompt whose files are not checked yet. `draft` is absent if the request has no content. */
export interface PromptDraft {
  query: string;
  draft?: ContentDraft;
}

/**
 * Returns why a request's `query` and `content` contradict each other, or null. Exactly one of them must be given; both
 * are taken if `query` is the text that stands for the content, as queries return them.
 */
export function findPromptProblem({
  query,
  content,
}: PromptRequest): { field: 'query' | 'content'; message: string } | null {
  if (query === undefined && content === undefined) {
    return { field: 'query', message: 'expected a query or content, got neither' };
  }
  if (query === undefined || content === undefined || query === textOfContent(content)) return null;
  return { field: 'content', message: 'expected query or content, not both' };
}

/**
 * Returns the prompt of a request. Throws INVALID_REQUEST, which names the field, if `query` and `content` contradict
 * each other or if a source is not base64.
 */
export function draftPrompt(request: PromptRequest): PromptDraft {
  const problem = findPromptProblem(request);
  if (problem) {
    throw new AppError('INVALID_REQUEST', `${problem.field}: ${problem.message}`, {
      details: { field: problem.field },
    });
  }
  const { query, content } = request;
  if (content === undefined) return { query: query ?? '' };
  return { query: textOfContent(content), draft: draftContent(content) };
}

function draftContent(content: readonly RequestBlock[]): ContentDraft {
  const uploads: Upload[] = [];
  const claimedTypes = new Map<number, string>();
  const blocks = content.map((block, index): ContentBlock => {
    if (block.type === 'text') return block;
    const { type, source } = block;
    const rest = defined({ title: block.title });
    if (source.type === 'file') return { type, source, ...rest };
    if (source.media_type !== undefined) claimedTypes.set(index, source.media_type);
    const bytes =
      source.type === 'text' ? Buffer.from(source.data) : decodeBase64(source.data, index);
    uploads.push({ index, bytes });
    return { type, source: { type: 'file', file_id: standInOf(bytes) }, ...rest };
  });
  return { blocks, uploads, claimedTypes };
}

function standInOf(bytes: Buffer): string {
  return v5(createHash('sha256').update(bytes).digest('hex'), NAMESPACE);
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

// Buffer.from ignores what is not base64, so the text is checked first.
function decodeBase64(data: string, index: number): Buffer {
  if (data.length % 4 === 0 && BASE64.test(data)) return Buffer.from(data, 'base64');
  const field = `content.${index}.source.data`;
  throw new AppError('INVALID_REQUEST', `${field}: expected base64 without line breaks`, {
    details: { field },
  });
}
