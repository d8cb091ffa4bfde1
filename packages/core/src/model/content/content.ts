// Content blocks: what a prompt or a message may consist of, beside plain text. A request may bring
// the bytes of a picture or a document along; what is stored, and each job, names files only.
import { z } from 'zod';
import { FILE_NAME_MAX, type FileUse, fileNameSchema } from '../files/stored-file.ts';
import { idSchema } from '../schema/id.ts';
import { hasVisibleText } from '../schema/visible-text.ts';

/** How many blocks one content may have. */
const CONTENT_MAX_BLOCKS = 64;

/**
 * How many bytes the files of one content may have together. The Messages API takes requests of at most 32 MB, and
 * base64 makes 30.7 MB of this; the rest is left for the other parts of the request.
 */
export const CONTENT_MAX_BYTES = 23_000_000;

const noNul = /^[^\0]*$/;

const textBlock = z.strictObject({
  type: z.literal('text'),
  text: z
    .string()
    .regex(noNul, 'expected no NUL character')
    .refine(hasVisibleText, 'expected visible text, got only white space'),
});

const fileSource = z.strictObject({
  type: z.literal('file'),
  file_id: idSchema.describe('The id of an uploaded file.'),
});

const mediaType = z
  .string()
  .min(1)
  .max(128)
  .optional()
  .describe('The type of the bytes. Baton checks it; default: the type that the bytes have.');

const base64Source = z.strictObject({
  type: z.literal('base64'),
  data: z.string().min(1).describe('The bytes in base64, without line breaks.'),
  media_type: mediaType,
});

const textSource = z.strictObject({
  type: z.literal('text'),
  data: z.string().min(1).regex(noNul, 'expected no NUL character').describe('The plain text.'),
  media_type: mediaType,
});

const title = fileNameSchema
  .optional()
  .describe('Name of the picture or the document. Claude sees the title of a document.');

/** Schema of a block as it is stored. Its files were checked when the request was accepted. */
const contentBlockSchema = z.discriminatedUnion('type', [
  textBlock,
  z.strictObject({ type: z.literal('image'), source: fileSource, title }),
  z.strictObject({ type: z.literal('document'), source: fileSource, title }),
]);

/** Schema of content as it is stored and as a job carries it: texts, and the ids of files. */
export const contentSchema = z
  .array(contentBlockSchema)
  .min(1)
  .max(CONTENT_MAX_BLOCKS)
  .describe('The prompt as blocks: texts, pictures and documents, in order.');

/** Schema of content as a request brings it. */
export const requestContentSchema = z
  .array(
    z.discriminatedUnion('type', [
      textBlock,
      z.strictObject({
        type: z.literal('image').describe('A picture: PNG, JPEG, GIF or WebP.'),
        source: z.discriminatedUnion('type', [base64Source, fileSource]),
        title,
      }),
      z.strictObject({
        type: z.literal('document').describe('A PDF, or plain text in UTF-8.'),
        source: z.discriminatedUnion('type', [textSource, base64Source, fileSource]),
        title,
      }),
    ]),
  )
  .min(1)
  .max(CONTENT_MAX_BLOCKS)
  .describe(
    `1 to ${CONTENT_MAX_BLOCKS} blocks, in order: texts, pictures and documents. All files together may have at most 23 MB. A text of \`content\` is never a slash command.`,
  );

/** A block as it is stored. */
export type ContentBlock = z.infer<typeof contentBlockSchema>;

/** A block as a request brings it. */
export type RequestBlock = z.infer<typeof requestContentSchema>[number];

/** A block that shows a file. */
export type FileBlock = Exclude<ContentBlock, { type: 'text' }>;

/** Returns whether a stored block shows a file. */
export function isFileBlock(block: ContentBlock): block is FileBlock {
  return block.type !== 'text';
}

/** Returns the uses of files by content. */
export function contentUsesOf(content: readonly RequestBlock[]): FileUse[] {
  return content.flatMap((block, index) =>
    block.type !== 'text' && block.source.type === 'file'
      ? [{ id: block.source.file_id, field: `content.${index}.source.file_id` }]
      : [],
  );
}

/**
 * Returns the text that stands for content where only text can be shown, such as `query`: its texts, separated by blank
 * lines. Content without a text becomes one line for each picture and document: `[image: plan.png]`.
 */
export function textOfContent(content: readonly RequestBlock[]): string {
  const texts = content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  if (texts.length > 0) return texts.join('\n\n');
  return content
    .flatMap((block) => (block.type === 'text' ? [] : [`[${describe(block.type, block.title)}]`]))
    .join('\n');
}

function describe(type: string, name: string | undefined): string {
  return name === undefined ? type : `${type}: ${name.slice(0, FILE_NAME_MAX)}`;
}
