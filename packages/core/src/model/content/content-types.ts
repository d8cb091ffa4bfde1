// The types of bytes that Claude reads as a picture or as a document.
import { AppError } from '../errors/app-error.ts';
import { type ContentBlock, isFileBlock } from './content.ts';

/** What a block shows. */
export type ContentKind = 'image' | 'document';

/** The types of the Messages API for pictures, and for documents of which the bytes are sent. */
const MEDIA_TYPES: Readonly<Record<ContentKind, readonly string[]>> = {
  image: ['image/png', 'image/jpeg', 'image/gif', 'image/webp'],
  document: ['application/pdf', 'text/plain'],
};

/** Returns whether bytes of this type can be shown as this kind of content. */
export function isContentType(kind: ContentKind, mediaType: string): boolean {
  return MEDIA_TYPES[kind].includes(mediaType);
}

/**
 * Throws CONTENT_TYPE_NOT_SUPPORTED, which names `content.N.source`, if the bytes of a block are of another type than
 * Claude reads, or of another type than the request claims. `actual` is the type that the bytes have.
 */
export function checkContentType({
  kind,
  index,
  actual,
  claimed,
}: {
  kind: ContentKind;
  index: number;
  actual: string;
  claimed?: string | undefined;
}): void {
  const expected = MEDIA_TYPES[kind];
  if (!expected.includes(actual)) {
    throw unsupported(index, `expected bytes of ${expected.join(', ')}; the bytes are ${actual}`);
  }
  if (claimed !== undefined && claimed !== actual) {
    throw unsupported(index, `expected bytes of ${claimed}, as claimed; the bytes are ${actual}`);
  }
}

/**
 * Throws CONTENT_TYPE_NOT_SUPPORTED, which names the block, if content has pictures or documents. `why` ends the
 * message. `field` is where the content lies in the request.
 */
export function checkTextOnly(
  content: readonly ContentBlock[] | undefined,
  why: string,
  field = 'content',
): void {
  const index = content?.findIndex(isFileBlock) ?? -1;
  if (index < 0) return;
  throw new AppError(
    'CONTENT_TYPE_NOT_SUPPORTED',
    `${field}.${index}: expected only texts: ${why}`,
    { details: { field: `${field}.${index}` } },
  );
}

function unsupported(index: number, problem: string): AppError {
  const field = `content.${index}.source`;
  return new AppError('CONTENT_TYPE_NOT_SUPPORTED', `${field}: ${problem}`, {
    details: { field },
  });
}
