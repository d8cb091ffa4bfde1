import {
  AppError,
  CONTENT_MAX_BYTES,
  type ContentBlock,
  type FileStore,
  isAppError,
  isContentType,
  isFileBlock,
} from '@baton/core/internal';
import type { FileReader } from '../claude/message-pieces.ts';
import { type WriteOptions, writeUntilAcknowledged } from './write-until-acknowledged.ts';

/** What the reader of an attempt's files needs. */
export interface ContentReaderDeps extends WriteOptions {
  files: Pick<FileStore, 'get' | 'read'>;
  /** Called with the error of a file that cannot be read, although MongoDB answers. */
  onUnreadable(fileId: string, error: unknown): void;
}

/**
 * Creates the function that reads the files of prompts and messages. It repeats a read until MongoDB answers. It
 * resolves to null if the file is gone or damaged, or if the attempt must not go on.
 */
export function createContentReader({
  files,
  onUnreadable,
  ...options
}: ContentReaderDeps): FileReader {
  async function readAll(id: string) {
    const file = await files.get(id);
    if (!file) throw new AppError('FILE_NOT_FOUND', `no file ${id}`);
    const pieces: Buffer[] = [];
    for await (const piece of files.read(id)) pieces.push(piece);
    return { bytes: Buffer.concat(pieces), mediaType: file.media_type };
  }

  return async (id) => {
    const found = await writeUntilAcknowledged(async () => {
      try {
        return { file: await readAll(id) };
      } catch (error) {
        if (!isAppError(error) || error.code === 'UNAVAILABLE') throw error;
        onUnreadable(id, error);
        return { file: null };
      }
    }, options);
    return found?.file ?? null;
  };
}

/**
 * Checks the files of a prompt before the CLI starts. Throws FILE_NOT_FOUND, CONTENT_TYPE_NOT_SUPPORTED or
 * PAYLOAD_TOO_LARGE, which name the field: the API checks every request, but a job may come from another client.
 */
export async function checkContentFiles(
  files: Pick<FileStore, 'get'>,
  content: readonly ContentBlock[],
): Promise<void> {
  let bytes = 0;
  for (const [index, block] of content.entries()) {
    if (!isFileBlock(block)) continue;
    const file = await files.get(block.source.file_id);
    const field = `content.${index}.source`;
    if (!file) throw refusal('FILE_NOT_FOUND', field, 'the file does not exist, or has expired');
    if (!isContentType(block.type, file.media_type)) {
      throw refusal('CONTENT_TYPE_NOT_SUPPORTED', field, `Claude does not read ${file.media_type}`);
    }
    bytes += file.bytes;
  }
  if (bytes <= CONTENT_MAX_BYTES) return;
  const limit = `expected files of at most ${CONTENT_MAX_BYTES} bytes together, got ${bytes}`;
  throw refusal('PAYLOAD_TOO_LARGE', 'content', limit);
}

function refusal(
  code: 'FILE_NOT_FOUND' | 'CONTENT_TYPE_NOT_SUPPORTED' | 'PAYLOAD_TOO_LARGE',
  field: string,
  problem: string,
): AppError {
  return new AppError(code, `${field}: ${problem}`, { details: { field } });
}
