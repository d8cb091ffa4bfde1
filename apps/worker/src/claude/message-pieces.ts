// Writes a message with pictures and documents as one line, in pieces. Such a line may have 31 MB, and making it in one
// step would hold up everything else that the worker does.
import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ContentBlock, defined, type FileBlock, isFileBlock } from '@baton/core/internal';
import { messageLine, type UserMessage } from './input-lines.ts';

/** The bytes of a file, and the type that they have. */
export interface ReadFile {
  bytes: Buffer;
  mediaType: string;
}

/** Reads a whole file. Resolves to null if the file cannot be read any more. Never rejects. */
export type FileReader = (fileId: string) => Promise<ReadFile | null>;

/** A message of blocks. */
export type BlockMessage = UserMessage & { blocks: readonly ContentBlock[] };

/** How many bytes become one piece. A multiple of three, so that the base64 of the pieces can be joined. */
const PIECE_BYTES = 192 * 1024;

/**
 * Yields the line of a message, in pieces. All files are read before the first piece, so the line is never broken off;
 * they are held in memory until the last piece. A file that cannot be read becomes a text that says so.
 */
export async function* messagePieces(
  message: BlockMessage,
  read: FileReader,
): AsyncGenerator<string> {
  const files = new Map<string, ReadFile>();
  const blocks: Record<string, unknown>[] = [];
  for (const block of message.blocks) {
    if (!isFileBlock(block)) {
      blocks.push(block);
      continue;
    }
    const file = await read(block.source.file_id);
    const mark = randomUUID();
    if (file) files.set(mark, file);
    blocks.push(file ? toApiBlock(block, file, mark) : missing(block));
  }
  let rest = messageLine(message, blocks);
  for (const [mark, file] of files) {
    const at = rest.indexOf(mark);
    yield rest.slice(0, at);
    yield* file.mediaType === TEXT ? escaped(file.bytes) : base64(file.bytes);
    rest = rest.slice(at + mark.length);
  }
  yield rest;
}

const TEXT = 'text/plain';

/** Returns the block as the Messages API takes it, with a mark in place of its data. */
function toApiBlock(
  { type, title }: FileBlock,
  { mediaType: media_type }: ReadFile,
  data: string,
): Record<string, unknown> {
  const source = { type: media_type === TEXT ? 'text' : 'base64', media_type, data };
  return { type, source, ...(type === 'document' ? defined({ title }) : {}) };
}

function missing({ type, title, source }: FileBlock): Record<string, unknown> {
  return {
    type: 'text',
    text: `[The ${type} ${title ?? source.file_id} cannot be read any more.]`,
  };
}

async function* base64(bytes: Buffer): AsyncGenerator<string> {
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
    yield bytes.toString('base64', from, Math.min(from + PIECE_BYTES, bytes.length));
    await nextTurn();
  }
}

/** Yields a text as it stands in a string of JSON. */
async function* escaped(bytes: Buffer): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
    const text = decoder.decode(bytes.subarray(from, from + PIECE_BYTES), { stream: true });
    yield JSON.stringify(text).slice(1, -1);
    await nextTurn();
  }
  yield JSON.stringify(decoder.decode()).slice(1, -1);
}
